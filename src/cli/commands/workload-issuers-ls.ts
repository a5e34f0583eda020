import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const issuers = await connect(call).workloadIssuers.list()
  await answer(call, issuers, () =>
    table(
      call.world,
      ["ISSUER", "AUDIENCE", "SUBJECTS", "ID"],
      issuers.map(({ issuer, audience, bindings, id }) => [
        issuer,
        audience,
        bindings.map(({ subject }) => subject).join(", "),
        id,
      ]),
    ),
  )
}
