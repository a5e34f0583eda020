import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const factors = await connect(call).factors.list()
  await answer(call, factors, () =>
    table(
      call.world,
      ["LABEL", "KIND", "ADDED", "ID"],
      factors.map(({ label, kind, left, createdAt, id }) => [
        label,
        left === undefined ? kind : `${kind} (${left} left)`,
        ago(createdAt, call.world.now()),
        id,
      ]),
    ),
  )
}
