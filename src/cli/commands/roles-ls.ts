import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const roles = await connect(call).roles.list()
  await answer(call, roles, () =>
    table(
      call.world,
      ["ROLE", "CREATED", "DESCRIPTION"],
      roles.map(({ name, createdAt, description }) => [
        name,
        createdAt === null ? "built in" : ago(createdAt, call.world.now()),
        description,
      ]),
    ),
  )
}
