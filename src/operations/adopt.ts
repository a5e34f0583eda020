import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import type { SecretRow, Tag } from "../state/rows.ts"
import { MOST_TAGS, mergedTags } from "../state/tags.ts"
import { actOf } from "./act.ts"
import type { Written } from "./create.ts"
import { perform } from "./perform.ts"
import { permitFor } from "./permission.ts"
import { findSecret, type Named } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface AdoptRequest extends Named {
  readonly reason: Reason
}

/**
 * Puts a secret that was in the store outside before us under our rule: whoever may create one there may do this. It is
 * tagged as ours first; its value and versions stay as they are. One that is ours already stays so.
 */
export function adoptSecret(on: Service, caller: Caller, ask: AdoptRequest): Promise<Written> {
  const { name, reason } = ask
  const about = { action: "ADOPT", resourceType: "secret", resourceName: name, reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret, current } = await findSecret(on, view, "create", ask, "unadopted")
      const by = permitFor(on, view, "create", name)
      const answer: Written = { arn: secret.arn, name, versionId: current?.versionId ?? null }
      if (secret.adopted)
        return { act: actOf(on, caller, view, about, { by, secret, details: "repeated" }), done: () => answer }
      const set = on.store.ownTags
      requireRoom(secret, set)
      const tag = { kind: "tagSecret" as const, secretId: secret.id, set, removed: [], changedAt: on.clock.now() }
      const changes = [tag, { kind: "adoptSecret" as const, secretId: secret.id }]
      return {
        act: actOf(on, caller, view, about, { by, secret, changes }),
        done() {
          on.secrets.drop(name)
          return answer
        },
      }
    },
  })
}

/** Others may go by what a tag says: it is not taken from them. */
function requireRoom({ tags }: SecretRow, ours: readonly Tag[]): void {
  const other = (tags ?? []).find(({ Key, Value }) => ours.some((one) => one.Key === Key && one.Value !== Value))
  if (other !== undefined)
    throw new TylerError("store_refused", {
      error: `Its tag ${other.Key} says something else; change that in AWS first`,
    })
  if (mergedTags(tags, ours, []) === undefined)
    throw new TylerError("store_refused", { error: `It has no room for our tags: AWS takes ${MOST_TAGS}` })
}
