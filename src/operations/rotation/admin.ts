import { TylerError } from "../../core/errors.ts"
import type { Receipt } from "../../core/receipt.ts"
import { discard, lend } from "../../core/secret-value.ts"
import { adminNamed } from "../../rotation/admin.ts"
import { RotationFault } from "../../rotation/fault.ts"
import { placeOf } from "../../rotation/place.ts"
import { equalBytes } from "../../core/bytes.ts"
import type { ScheduleRow, SecretRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permitFor } from "../permission.ts"
import { secretOfId } from "../secret-id.ts"
import type { Caller, Service } from "../service.ts"
import { openVersions, textOf } from "./held.ts"
import { aboutStep } from "./rotator.ts"

/** @throws RotationFault `admin_missing` */
async function adminOf(on: Service, caller: Caller, current: string): Promise<SecretRow | undefined> {
  const named = adminNamed(current)
  if (named === undefined) return undefined
  try {
    const { name, arn } = await secretOfId(on, caller, "rotate", named)
    const found = (await on.secrets.get(name))?.secret
    if (found !== undefined && (arn === undefined || found.arn === arn) && found.deletionAt === null) return found
  } catch (error) {
    if (!(error instanceof TylerError) || !["invalid_name", "not_found"].includes(error.code)) throw error
  }
  throw new RotationFault("admin_missing", { field: "masterarn", reason: "names no secret" })
}

/**
 * The administrator, if he is the one whom the schedule names, and the secret leads where it led then.
 * @throws RotationFault `admin_moved`
 */
export async function boundAdmin(
  on: Service,
  caller: Caller,
  current: string,
  { adminId, place }: Pick<ScheduleRow, "adminId" | "place">,
): Promise<SecretRow | undefined> {
  const admin = await adminOf(on, caller, current)
  if (admin === undefined) return undefined
  if (admin.id !== adminId || place === null || !equalBytes(place, placeOf(current)))
    throw new RotationFault("admin_moved")
  return admin
}

/** Lends the administrator's secret. That is an entry about it. */
export async function withAdmin<T>(
  on: Service,
  caller: Caller,
  admin: SecretRow,
  details: string,
  use: (text: string) => Promise<T>,
): Promise<T> {
  const about = aboutStep(admin.name)
  const { value, receipt } = await perform(on, caller, {
    about,
    moved: () => on.secrets.drop(admin.name),
    async plan(view) {
      const by = permitFor(on, view, "rotate", admin.name)
      const secret = await on.reader.secretById(admin.id)
      const labels = secret === undefined ? [] : await on.reader.labels(secret.id)
      const opened = secret === undefined ? undefined : await openVersions(on, secret, labels, null)
      if (secret === undefined || opened === undefined) throw new TylerError("not_found")
      if (opened.previous !== undefined) discard(opened.previous)
      return {
        act: actOf(on, caller, view, about, { by, secret, details: `${details} administrator` }),
        done: (granted: Receipt) => ({ value: opened.current, receipt: granted }),
        undone: () => discard(opened.current),
      }
    },
  }).catch((error: unknown) => {
    throw error instanceof TylerError && error.code === "not_found" ? new RotationFault("admin_missing") : error
  })
  return lend([value], receipt, ([stored]) => use(textOf(stored as Uint8Array)))
}
