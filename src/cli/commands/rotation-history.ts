import { ago } from "../ago.ts"
import { type Call, operand } from "../command.ts"
import { connect } from "../connect.ts"
import { answer, note, table } from "../print.ts"
import { secondsText } from "../rotation/told.ts"
import type { RotationItem } from "../rotation/watch.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const { rotations } = await connect(call).rotation(operand(call, 0))
  await answer(call, rotations, async () => {
    if (rotations.length === 0) return note(world, "tyler: it was not rotated yet")
    await table(
      world,
      ["STARTED", "STATE", "STEP", "TOOK", "CAUSE", "BY", "VERSION", "FAULT"],
      rotations.map((row) => [
        ago(row.startedAt, world.now()),
        row.state,
        row.step,
        tookText(row),
        row.cause,
        row.startedBy,
        row.versionId,
        row.fault === null || row.state === "done" ? "" : `${row.fault.code}: ${row.fault.text}`,
      ]),
    )
  })
}

function tookText({ startedAt, finishedAt }: RotationItem): string {
  return finishedAt === null ? "-" : secondsText(Date.parse(finishedAt) - Date.parse(startedAt))
}
