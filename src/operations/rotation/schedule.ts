import { TylerError } from "../../core/errors.ts"
import type { SecretName } from "../../core/name.ts"
import { newVersionId } from "../../core/version.ts"
import { adminNamed } from "../../rotation/admin.ts"
import { RotationFault } from "../../rotation/fault.ts"
import { placeOf } from "../../rotation/place.ts"
import { isStrategy, STRATEGY_NAMES } from "../../core/rotation-strategy.ts"
import { checkTimetable, nextDue, type Timetable, TimetableFault } from "../../rotation/timetable.ts"
import type { Change } from "../../state/change.ts"
import type { ScheduleRow, SecretRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform, type View } from "../perform.ts"
import { permissionFor } from "../permission.ts"
import { findSecret, type Named } from "../secret.ts"
import { secretOfId } from "../secret-id.ts"
import type { Caller, Service } from "../service.ts"
import { acceptFunction } from "./functions.ts"
import { genuineSchedule, signed } from "./genuine.ts"
import { look } from "./look.ts"
import type { Rotating } from "./rotator.ts"

/** What a schedule is to be. */
export interface Plan extends Timetable {
  /** A name of STRATEGIES, or null with a function of AWS. */
  readonly strategy: string | null
  readonly lambdaArn: string | null
  readonly enabled: boolean
}

export interface Scheduled {
  readonly arn: string
  readonly name: SecretName
  readonly nextRotation: number | null
  readonly lambdaArn: string | null
}

/**
 * Says how and when a secret is rotated. What it would be rotated by is tried on the value first, and whoever sets it must
 * be allowed to rotate the administrator's secret too: from here on that is used for this one.
 * @param wanted what becomes of the present one; undefined: that cannot be said without one
 * @throws TylerError `rotation_refused`, `invalid_request`, `not_rotatable`
 */
export function setSchedule(
  on: Service,
  rotating: Rotating,
  caller: Caller,
  named: Named,
  wanted: (present: ScheduleRow | undefined) => Plan | undefined,
): Promise<Scheduled> {
  const { name } = named
  const about = { action: "SCHEDULE", resourceType: "secret", resourceName: name, reason: null }
  return perform(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret, current } = await findSecret(on, view, "rotate", named)
      const permission = await permissionFor(on, caller, view, "rotate", secret)
      const now = on.clock.now()
      const present = await genuineSchedule(on, secret.id)
      const ask = wanted(present)
      if (ask === undefined) throw new TylerError("not_rotatable")
      check(ask, now)
      if (ask.lambdaArn !== null && ask.enabled) acceptFunction(on, ask.lambdaArn, current)
      const authority = await authorityOf(on, rotating, caller, view, secret, ask, present)
      const row = signed(on, rowOf(ask, secret, authority.bound, present, caller.principal.id, now))
      const told = lambdaArnsOf(row, present).length === 0 ? {} : { outside: newVersionId(on.random) }
      const change = { kind: "putSchedule" as const, row, expectedRevision: present?.revision ?? null, ...told }
      const details = `strategy=${row.strategy ?? "function"} enabled=${row.enabled}`
      return {
        act: actOf(on, caller, view, about, { ...permission, secret, details, changes: [change, ...authority.uses] }),
        done: () => ({
          arn: secret.arn,
          name,
          nextRotation: row.enabled ? row.nextRotation : null,
          lambdaArn: row.lambdaArn,
        }),
      }
    },
  })
}

/** Functions that rotated it, or will: AWS keeps their schedule. */
function lambdaArnsOf(...rows: readonly (Pick<ScheduleRow, "lambdaArn"> | undefined)[]): readonly string[] {
  return rows.map((row) => row?.lambdaArn ?? null).filter((arn) => arn !== null)
}

function check(ask: Plan, now: number): void {
  if (ask.strategy !== null && !isStrategy(ask.strategy))
    throw new TylerError("invalid_request", {
      field: "/strategy",
      error: `strategy must be one of ${STRATEGY_NAMES.join(", ")}`,
    })
  try {
    checkTimetable(ask, now)
  } catch (error) {
    if (!(error instanceof TimetableFault)) throw error
    throw new TylerError("invalid_request", { field: `/${error.field}`, error: `${error.field} ${error.message}` })
  }
}

type Bound = Pick<ScheduleRow, "adminId" | "place">

interface Authority {
  readonly bound: Bound
  /** A step-up token that was spent on the administrator's secret. */
  readonly uses: readonly Change[]
}

async function authorityOf(
  on: Service,
  rotating: Rotating,
  caller: Caller,
  view: View,
  secret: SecretRow,
  { strategy, enabled }: Plan,
  present: ScheduleRow | undefined,
): Promise<Authority> {
  // Whatever the value is by now: to make it wait is always possible.
  if (!enabled && present?.strategy === strategy) return { bound: present, uses: [] }
  let authority: Authority = { bound: { adminId: null, place: null }, uses: [] }
  if (strategy === null) return authority
  const adminOf = async (current: string): Promise<SecretRow | undefined> => {
    const named = adminNamed(current)
    if (named === undefined) return undefined
    const admin = await adminFor(on, caller, view, named)
    const { spent } = await permissionFor(on, caller, view, "rotate", admin)
    authority = { bound: { adminId: admin.id, place: placeOf(current) }, uses: spent?.changes ?? [] }
    return admin
  }
  await look(on, rotating, { secret, strategy, adminOf }, async (steps, held) => steps.check(held))
  return authority
}

async function adminFor(on: Service, caller: Caller, view: View, named: string): Promise<SecretRow> {
  try {
    return (await findSecret(on, view, "rotate", await secretOfId(on, caller, "rotate", named))).secret
  } catch (error) {
    if (!(error instanceof TylerError) || !["invalid_name", "not_found"].includes(error.code)) throw error
    throw new RotationFault("admin_missing", { field: "masterarn", reason: "names no secret" })
  }
}

function rowOf(
  { strategy, lambdaArn, days, expression, windowHours, enabled }: Plan,
  { id: secretId }: SecretRow,
  { adminId, place }: Bound,
  present: ScheduleRow | undefined,
  createdBy: string,
  now: number,
): Omit<ScheduleRow, "mac"> {
  const lastRotated = present?.lastRotated ?? null
  const counted = expression?.startsWith("cron") === true ? now : (lastRotated ?? now)
  return {
    secretId,
    strategy,
    lambdaArn,
    days,
    expression,
    windowHours,
    enabled,
    adminId,
    place,
    createdAt: present?.createdAt ?? now,
    createdBy,
    lastRotated,
    nextRotation: nextDue({ days, expression }, counted),
    overdueSince: present?.overdueSince ?? null,
    revision: (present?.revision ?? 0) + 1,
  }
}
