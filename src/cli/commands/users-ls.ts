import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { collect } from "../collect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const users = await collect(connect(call).users.list())
  await answer(call, users, () =>
    table(
      call.world,
      ["USER", "ROLES", "STATE", "CREATED", "ID"],
      users.map(({ username, roles, disabled, createdAt, id }) => [
        username,
        roles.join(", "),
        disabled ? "disabled" : "-",
        ago(createdAt, call.world.now()),
        id,
      ]),
    ),
  )
}
