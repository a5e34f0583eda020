import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { collect } from "../collect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const accounts = await collect(connect(call).serviceAccounts.list())
  const now = call.world.now()
  await answer(call, accounts, () =>
    table(
      call.world,
      ["NAME", "ROLES", "STATE", "TOKENS END", "OWNER", "ID"],
      accounts.map(({ name, roles, disabled, tokens, ownerId, id }) => [
        name,
        roles.join(", "),
        disabled ? "disabled" : "-",
        tokens.map((token) => ago(token.expiresAt, now)).join(", ") || "none",
        ownerId ?? "none",
        id,
      ]),
    ),
  )
}
