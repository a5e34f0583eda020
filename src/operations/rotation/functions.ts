import { TylerError } from "../../core/errors.ts"
import { nextDue } from "../../rotation/timetable.ts"
import { type ScheduleRow, UNSEALED, type VersionRow } from "../../state/rows.ts"
import type { Service } from "../service.ts"
import { signed } from "./genuine.ts"

/**
 * A function is given credentials to use and to change, so only those that the configuration lists are ever named to AWS.
 * @param current the version that it would have to read
 * @throws TylerError `invalid_request`, `rotation_refused`
 */
export function acceptFunction(
  { settings: { rotationFunctions } }: Service,
  lambdaArn: string,
  current: Pick<VersionRow, "keyId"> | undefined,
): void {
  if (!rotationFunctions.includes(lambdaArn)) {
    const error =
      rotationFunctions.length === 0
        ? "lambdaArn needs SECRETS_BACKEND=aws and SECRETS_ROTATION_LAMBDA; here, name a strategy"
        : "lambdaArn must be one of SECRETS_ROTATION_LAMBDA, spelled as there"
    throw new TylerError("invalid_request", { field: "/lambdaArn", error })
  }
  if (current === undefined || current.keyId === UNSEALED) return
  const error =
    "No function of AWS can read the value: this server has sealed it. Write it anew under ENABLE_SECRET_ENCRYPTION=false"
  throw new TylerError("rotation_refused", { error, fault: "sealed" })
}

interface Wanted {
  readonly secretId: string
  /** Null: the one that the schedule names, or the usual one. */
  readonly lambdaArn: string | null
  /** A schedule that waits goes on. */
  readonly enable: boolean
  readonly principalId: string
}

/**
 * The schedule that a rotation is begun by: the present one, or what it has to become for that. Asking AWS to rotate sets
 * its own schedule going, so ours is too.
 * @throws TylerError `not_rotatable`, `invalid_request`
 */
export function readied(on: Service, present: ScheduleRow | undefined, wanted: Wanted): ScheduleRow {
  const { strategy = null } = present ?? {}
  if (strategy !== null && wanted.lambdaArn !== null) {
    const error = `The schedule names the strategy ${strategy}; set one with lambdaArn first`
    throw new TylerError("invalid_request", { field: "/lambdaArn", error })
  }
  const [usual = null] = present === undefined ? on.settings.rotationFunctions : []
  const lambdaArn = wanted.lambdaArn ?? present?.lambdaArn ?? usual
  if (present === undefined && lambdaArn === null) throw new TylerError("not_rotatable")
  const enabled = present?.enabled === true || wanted.enable || lambdaArn !== null
  if (present !== undefined && present.lambdaArn === lambdaArn && present.enabled === enabled) return present
  const { mac: _, ...row } = present ?? fresh(on, wanted)
  const nextRotation = nextDue(row, on.clock.now())
  return signed(on, { ...row, lambdaArn, enabled, nextRotation, revision: row.revision + 1 })
}

function fresh(on: Service, { secretId, principalId }: Wanted): ScheduleRow {
  return {
    secretId,
    strategy: null,
    lambdaArn: null,
    days: null,
    expression: null,
    windowHours: null,
    enabled: true,
    adminId: null,
    place: null,
    createdAt: on.clock.now(),
    createdBy: principalId,
    lastRotated: null,
    nextRotation: null,
    overdueSince: null,
    revision: 0,
    mac: new Uint8Array(0),
  }
}
