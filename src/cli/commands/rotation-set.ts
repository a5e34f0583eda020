import { isStrategy } from "../../core/rotation-strategy.ts"
import type { ScheduleBody } from "../../api/rotation.ts"
import { ago } from "../ago.ts"
import { type Call, given, operand, UsageError } from "../command.ts"
import { connect } from "../connect.ts"
import { wholeNumber } from "../number.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { putSchedule } from "../rotation/schedule.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const name = operand(call, 0)
  const schedule = scheduleOf(call)
  const set = await putSchedule(call, connect(call), name, schedule)
  const next =
    set.nextRotation === null ? "when somebody asks" : `${ago(set.nextRotation, world.now())} (${set.nextRotation})`
  await answer(call, set, () => line(world, printable(`${set.name} is rotated by ${schedule.strategy}, next: ${next}`)))
}

function scheduleOf(call: Call): ScheduleBody {
  const usage = (text: string) => new UsageError(text, call.command.words)
  const strategy = given(call, "strategy")
  if (strategy === undefined) throw usage("--strategy is missing")
  if (!isStrategy(strategy)) throw usage("--strategy names none that there is: tyler rotation strategies")
  const days = wholeNumber(call, "days", 1, 1000)
  const expression = given(call, "expression")
  const windowHours = wholeNumber(call, "window", 1, 24)
  if (days !== undefined && expression !== undefined) throw usage("--days and --expression exclude each other")
  if (windowHours !== undefined && days === undefined && expression === undefined)
    throw usage("--window is that of --days or --expression")
  return {
    strategy,
    enabled: true,
    ...(days === undefined ? {} : { days }),
    ...(expression === undefined ? {} : { expression }),
    ...(windowHours === undefined ? {} : { windowHours }),
  }
}
