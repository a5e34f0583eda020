import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, table } from "../print.ts"
import { userId } from "../user-id.ts"

export async function run(call: Call): Promise<void> {
  const client = connect(call)
  const sessions = await client.users.sessions(await userId(client, operand(call, 0)))
  await answer(call, sessions, () =>
    table(
      call.world,
      ["SESSION", "FROM", "STARTED", "ENDS"],
      sessions.map(({ id, label, createdAt, expiresAt, current }) => [
        id,
        current ? `${label} (this one)` : label,
        ago(createdAt, call.world.now()),
        ago(expiresAt, call.world.now()),
      ]),
    ),
  )
}
