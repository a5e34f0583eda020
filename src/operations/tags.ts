import type { Reason } from "../core/reason.ts"
import type { Tag } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import { permissionFor } from "./permission.ts"
import { findSecret, type Named } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface TagRequest extends Named {
  /** Over what stands there under the same key. */
  readonly set: readonly Tag[]
  /** Keys; one that is not there is fine. */
  readonly removed: readonly string[]
  /** Null: the standing reason of the program that asks. */
  readonly reason: Reason | null
}

/** Sets and takes away single tags; the others stay, also those that another replica sets meanwhile. */
export function tagSecret(on: Service, caller: Caller, ask: TagRequest): Promise<void> {
  const { name, set, removed } = ask
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const about = { action: "TAG", resourceType: "secret", resourceName: name, reason }
  return perform<void>(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      on.store.acceptTags([...set.map(({ Key }) => Key), ...removed])
      const { secret } = await findSecret(on, view, "write", ask)
      const permission = await permissionFor(on, caller, view, "write", secret)
      const change = { kind: "tagSecret" as const, secretId: secret.id, set, removed, changedAt: on.clock.now() }
      const details = `set=${set.length} removed=${removed.length}`
      return {
        act: actOf(on, caller, view, about, { ...permission, secret, details, changes: [change] }),
        done: () => on.secrets.drop(name),
      }
    },
  })
}
