import { TylerError } from "../../core/errors.ts"
import { scheduleGenuine, scheduleMac } from "../../identity/row-mac.ts"
import type { ScheduleRow } from "../../state/rows.ts"
import { HERE, recordTampering } from "../service-entries.ts"
import type { Service } from "../service.ts"

/** A schedule says whose credentials are used where: one that somebody wrote past us rotates nothing. @throws `row_tampered` */
export async function genuineSchedule(on: Service, secretId: string): Promise<ScheduleRow | undefined> {
  const row = await on.reader.schedule(secretId)
  if (row === undefined || scheduleGenuine(on.keyring().rowsKey, row)) return row
  await recordTampering(on, HERE, "rotation_schedule", secretId)
  throw new TylerError("row_tampered")
}

export function signed(on: Service, row: Omit<ScheduleRow, "mac">): ScheduleRow {
  return { ...row, mac: scheduleMac(on.keyring().rowsKey, row) }
}
