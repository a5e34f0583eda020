import { DAY_MS } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Principal } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import { admit } from "../policy/decide.ts"
import { CONFIRMATION_FORMAT, confirms } from "../secrets/confirmation.ts"
import type { SecretRow } from "../state/rows.ts"
import { FORCED } from "../telemetry/security-metrics.ts"
import { actOf } from "./act.ts"
import type { About } from "./entry.ts"
import { perform, performAll, type Step, type View } from "./perform.ts"
import { permissionFor, permitFor } from "./permission.ts"
import { findSecret, type Named, questionOf } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface RemoveRequest extends Named {
  /** Null where none is asked for: the AWS endpoint. */
  readonly confirmationCode: string | null
  /** Null: the standing reason of the program that asks. */
  readonly reason: Reason | null
  /** Purge at once: a verb of its own, with conditions of its own. */
  readonly forceDelete: boolean
  /** 7 to 30. */
  readonly recoveryDays: number
  /** A purge of what is not there is done already, as AWS has it. */
  readonly absentIsDone?: true
}

export interface Removed {
  readonly arn: string
  readonly name: SecretName
  readonly deletionDate: number
}

/** Schedules a purge after the recovery window, or purges at once. */
export function removeSecret(on: Service, caller: Caller, ask: RemoveRequest): Promise<Removed> {
  const reason = ask.reason ?? caller.principal.standingReason ?? null
  const action = ask.forceDelete ? "PURGE" : "DELETE"
  const about = { action, resourceType: "secret", resourceName: ask.name, reason }
  return perform(on, caller, {
    about,
    writes: true,
    moved: () => on.secrets.drop(ask.name),
    async plan(view) {
      if (ask.confirmationCode !== null && !confirms(ask.confirmationCode, ask.name, on.clock.now()))
        throw new TylerError("invalid_confirmation", { expectedFormat: CONFIRMATION_FORMAT })
      return ask.forceDelete ? planPurge(on, caller, ask, view, about) : planDelete(on, caller, ask, view, about)
    },
  })
}

async function planDelete(
  on: Service,
  caller: Caller,
  ask: RemoveRequest,
  view: View,
  about: About,
): Promise<Step<Removed>> {
  const { secret } = await findSecret(on, view, "delete", ask)
  const permission = await permissionFor(on, caller, view, "delete", secret)
  const changedAt = on.clock.now()
  const deletionAt = changedAt + ask.recoveryDays * DAY_MS
  const change = { kind: "scheduleDeletion" as const, secretId: secret.id, deletionAt, changedAt }
  const details = `recovery_days=${ask.recoveryDays}`
  return removal(on, caller, view, about, secret, deletionAt, { ...permission, details, changes: [change] })
}

async function planPurge(
  on: Service,
  caller: Caller,
  ask: RemoveRequest,
  view: View,
  about: About,
): Promise<Step<Removed>> {
  if (ask.absentIsDone && (await isAbsent(on, view, ask))) return planNothing(on, caller, ask, view, about)
  const { secret } = await findSecret(on, view, "purge", ask, "accepted")
  const permission = await permissionFor(on, caller, view, "purge", secret)
  if (!on.store.purges) throw new TylerError("force_delete_disabled")
  const change = { kind: "purgeSecret" as const, secretId: secret.id, dueBefore: null }
  return removal(on, caller, view, about, secret, on.clock.now(), {
    ...permission,
    details: FORCED,
    changes: [change],
  })
}

/** Asks roles first: who may not purge the name does not learn this way whether it is there. */
async function isAbsent(on: Service, view: View, ask: RemoveRequest): Promise<boolean> {
  if (admit(view.policies, questionOf(on, view, "purge", ask.name)) !== undefined) return false
  on.secrets.drop(ask.name)
  return (await on.secrets.get(ask.name)) === undefined
}

function planNothing(on: Service, caller: Caller, { name }: RemoveRequest, view: View, about: About): Step<Removed> {
  const deletionDate = on.clock.now()
  const by = permitFor(on, view, "purge", name)
  return {
    act: actOf(on, caller, view, about, { by, details: "absent" }),
    done: () => ({ arn: on.settings.arnOf(name), name, deletionDate }),
  }
}

function removal(
  on: Service,
  caller: Caller,
  view: View,
  about: About,
  secret: SecretRow,
  deletionDate: number,
  parts: Omit<Parameters<typeof actOf>[4], "secret">,
): Step<Removed> {
  return {
    act: actOf(on, caller, view, about, { ...parts, secret }),
    done() {
      on.secrets.drop(secret.name)
      return { arn: secret.arn, name: secret.name, deletionDate }
    },
  }
}

const PURGER: Principal = {
  id: "purge",
  kind: "job",
  name: "purge",
  roles: [],
  assurance: "system",
  epoch: 0,
  sessionId: null,
}

/** Purges of one sweep; the next sweep takes the rest. */
const SWEEP = 50

/** Purges what is due, by comparison with the stored date. A job is a principal: it has its own permits and entries. */
export async function purgeDue(on: Service): Promise<number> {
  if (!on.store.purges) return 0
  const now = on.clock.now()
  const due = await on.reader.secretsDueForPurge(now, SWEEP)
  const origin = { requestId: on.random.uuid(), ip: "", userAgent: "" }
  const caller: Caller = { principal: PURGER, origin, verification: null, refresh: () => Promise.resolve(PURGER) }
  const results = await performAll(
    on,
    caller,
    due.map((secret) => {
      const about = { action: "PURGE", resourceType: "secret", resourceName: secret.name, reason: null }
      return {
        about,
        plan: async (view: View) => {
          const by = permitFor(on, view, "purge", secret.name)
          const change = { kind: "purgeSecret" as const, secretId: secret.id, dueBefore: now }
          return removal(on, caller, view, about, secret, now, { by, details: "due", changes: [change] })
        },
      }
    }),
  )
  return results.filter((result) => "value" in result).length
}
