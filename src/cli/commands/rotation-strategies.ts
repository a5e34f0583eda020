import { STRATEGIES } from "../../core/rotation-strategy.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

/** From the table that the server has too; no server is asked. */
export async function run(call: Call): Promise<void> {
  await answer(call, STRATEGIES, () =>
    table(
      call.world,
      ["STRATEGY", "FOR", "PROMISE", "ADMINISTRATOR", "MEMBERS OF THE SECRET"],
      STRATEGIES.map(({ name, label, promises, admin, needs }) => [name, label, promises, admin, needs]),
    ),
  )
}
