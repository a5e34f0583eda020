import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { type Call, given } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const keys = await connect(call).accessKeys.list(given(call, "of"))
  const now = call.world.now()
  await answer(call, keys, () =>
    table(
      call.world,
      ["KEY", "LABEL", "MADE", "ENDS", "REASON"],
      keys.map(({ accessKeyId, label, createdAt, expiresAt, reason }) => [
        accessKeyId,
        label,
        ago(createdAt, now),
        ago(expiresAt, now),
        reason,
      ]),
    ),
  )
}
