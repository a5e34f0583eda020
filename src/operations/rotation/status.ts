import { setTimeout as pause } from "node:timers/promises"
import type { SecretName } from "../../core/name.ts"
import { mayList } from "../../policy/decide.ts"
import type { RotationRow, ScheduleRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permitFor } from "../permission.ts"
import { findSecret, type Named } from "../secret.ts"
import type { Caller, Service } from "../service.ts"

/** Rotations of one answer. */
const HISTORY = 20

export interface RotationStatus {
  readonly name: SecretName
  readonly schedule: ScheduleRow | undefined
  /** Newest first. */
  readonly rotations: readonly RotationRow[]
}

export interface StatusRequest extends Named {
  /** What an earlier answer showed (`markOf`); null: nothing is waited for. */
  readonly seen: string | null
  /** At most 20. */
  readonly waitSeconds: number
}

/** Of the newest rotation: another one, once anything of it has changed. */
export function markOf(newest: RotationRow | undefined): string {
  return newest === undefined ? "none" : `${newest.id}.${newest.revision}`
}

/** Schedule and last rotations. Names no value and no credential, so whoever may list the secret may know. */
export function rotationStatus(on: Service, caller: Caller, ask: StatusRequest): Promise<RotationStatus> {
  const { name } = ask
  const about = { action: "ROTATION_STATUS", resourceType: "secret", resourceName: name, reason: null }
  return perform(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret } = await findSecret(on, view, "list", ask, "accepted")
      const by = permitFor(on, view, "list", name)
      const rotations = await changedSince(on, secret.id, ask)
      const schedule = await on.reader.schedule(secret.id)
      return { act: actOf(on, caller, view, about, { by, secret }), done: () => ({ name, schedule, rotations }) }
    },
  })
}

const LOOK_MS = 100

/** Inside the plan, so that who waits has been admitted, and leaves one entry. */
async function changedSince(on: Service, secretId: string, { seen, waitSeconds }: StatusRequest) {
  const until = on.clock.monotonic() + waitSeconds * 1000
  for (;;) {
    const rotations = await on.reader.rotationsOf(secretId, HISTORY)
    if (seen === null || markOf(rotations[0]) !== seen || on.clock.monotonic() >= until) return rotations
    await pause(LOOK_MS)
  }
}

export interface SchedulesPage {
  readonly schedules: readonly (ScheduleRow & { readonly name: SecretName; readonly running: boolean })[]
  /** Where the next page begins; null: there is none. */
  readonly next: string | null
}

/** Of those that the caller may list. A page may have fewer than asked for, even none, though there are more. */
export function listSchedules(on: Service, caller: Caller, after: string, limit: number): Promise<SchedulesPage> {
  const about = { action: "ROTATION_LIST", resourceType: "secret", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const rows = await on.reader.schedules(after, limit)
      const schedules = rows.filter(({ name }) => mayList(view.policies, view.principal, name))
      const next = rows.length < limit ? null : (rows.at(-1)?.name ?? null)
      const details = `items=${schedules.length}`
      return { act: actOf(on, caller, view, about, { by: "filtered", details }), done: () => ({ schedules, next }) }
    },
  })
}
