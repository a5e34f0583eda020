import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const bindings = await connect(call).iamBindings.list()
  await answer(call, bindings, () =>
    table(
      call.world,
      ["ARN", "SERVICE ACCOUNT", "ID"],
      bindings.map(({ arn, accountId, id }) => [arn, accountId, id]),
    ),
  )
}
