import type { ScheduleItem } from "../../client/rotation.ts"
import { ago } from "../ago.ts"
import { collect } from "../collect.ts"
import type { Call } from "../command.ts"
import { connect } from "../connect.ts"
import { answer, note, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const schedules = await collect(connect(call).rotations())
  await answer(call, schedules, async () => {
    if (schedules.length === 0) return note(world, "tyler: no secret that you may see has a schedule")
    const now = world.now()
    await table(
      world,
      ["NAME", "STRATEGY", "EVERY", "LAST", "NEXT", "STATE"],
      schedules.map((one) => [
        one.name,
        one.strategy ?? one.lambdaArn ?? "",
        everyText(one),
        ago(one.lastRotated, now),
        one.nextRotation === null ? "-" : ago(one.nextRotation, now),
        stateText(one, now),
      ]),
    )
  })
}

function everyText({ days, expression }: ScheduleItem): string {
  if (days !== null) return days === 1 ? "day" : `${days} days`
  return expression ?? "when asked"
}

function stateText({ enabled, running, overdueSince }: ScheduleItem, now: number): string {
  if (running) return "running"
  if (overdueSince !== null) return `due since ${ago(overdueSince, now)}`
  return enabled ? "" : "paused"
}
