import type { Reason } from "../core/reason.ts"
import { type EffectivePolicy, effectivePolicy } from "../policy/effective.ts"
import type { VersionId } from "../core/version.ts"
import type { ScheduleRow, SecretRow, Tag, VersionRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import type { Written } from "./create.ts"
import { perform } from "./perform.ts"
import { permissionFor, permitFor } from "./permission.ts"
import { findSecret, type Named } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface PatchRequest extends Named {
  readonly description: string | undefined
  readonly tags: readonly Tag[] | undefined
  /** Null: the standing reason of the program that asks. */
  readonly reason: Reason | null
}

/** Changes what is said about a secret; its value and versions stay. */
export function patchSecret(on: Service, caller: Caller, ask: PatchRequest): Promise<Written> {
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const about = { action: "PATCH", resourceType: "secret", resourceName: ask.name, reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(ask.name),
    async plan(view) {
      const found = await findSecret(on, view, "write", ask)
      const { secret, current } = found
      const permission = await permissionFor(on, caller, view, "write", secret)
      const change = {
        kind: "describeSecret" as const,
        secretId: secret.id,
        description: ask.description ?? null,
        tags: ask.tags === undefined ? null : on.store.changedTags(ask.tags, secret.tags),
        changedAt: on.clock.now(),
      }
      return {
        act: actOf(on, caller, view, about, { ...permission, secret, changes: [change] }),
        done() {
          on.secrets.drop(ask.name)
          return { arn: secret.arn, name: ask.name, versionId: current?.versionId ?? null }
        },
      }
    },
  })
}

export interface Described {
  readonly secret: SecretRow
  readonly versions: readonly VersionFacts[]
  /** What policy asks of those who read it. */
  readonly effective: EffectivePolicy
  readonly schedule: ScheduleRow | undefined
  /** The version that a rotation under way has still to make; null: there is none. */
  readonly awaited: VersionId | null
}

export interface VersionFacts extends Omit<VersionRow, "sealed"> {
  readonly stages: readonly string[]
}

/** Everything but the value; a secret that awaits deletion can still be described. */
export function describeSecret(on: Service, caller: Caller, named: Named): Promise<Described> {
  const { name } = named
  const about = { action: "DESCRIBE", resourceType: "secret", resourceName: name, reason: null }
  return perform(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      on.secrets.drop(name)
      const { secret } = await findSecret(on, view, "list", named, "accepted")
      const by = permitFor(on, view, "list", name)
      const answer = {
        secret,
        versions: await versionFacts(on, secret.id),
        effective: effectivePolicy(view.policies, "reveal", name),
        schedule: await on.reader.schedule(secret.id),
        awaited: await awaitedOf(on, secret.id),
      }
      return { act: actOf(on, caller, view, about, { by, secret }), done: () => answer }
    },
  })
}

async function awaitedOf(on: Service, secretId: string): Promise<VersionId | null> {
  const [newest] = await on.reader.rotationsOf(secretId, 1)
  return newest?.state === "running" && newest.step === "create" ? newest.versionId : null
}

export type Versions = Pick<Described, "secret" | "versions">

/** Newest first; versions without a label are history and stay listed until pruned. */
export function listVersions(on: Service, caller: Caller, named: Named): Promise<Versions> {
  const { name } = named
  const about = { action: "LIST_VERSIONS", resourceType: "secret", resourceName: name, reason: null }
  return perform(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret } = await findSecret(on, view, "list", named)
      const by = permitFor(on, view, "list", name)
      const versions = await versionFacts(on, secret.id)
      return { act: actOf(on, caller, view, about, { by, secret }), done: () => ({ secret, versions }) }
    },
  })
}

async function versionFacts(on: Service, secretId: string): Promise<VersionFacts[]> {
  const labels = await on.reader.labels(secretId)
  const versions = await on.reader.versions(secretId)
  return versions.map((version) => ({
    ...version,
    stages: labels.filter(({ versionId }) => versionId === version.versionId).map(({ label }) => label),
  }))
}
