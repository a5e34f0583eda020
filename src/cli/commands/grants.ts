import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const grants = await connect(call).grants.list()
  await answer(call, grants, () =>
    table(
      call.world,
      ["ID", "VERB", "USES LEFT", "ENDS", "SECOND FACTOR", "SECRET ID", "REQUEST"],
      grants.map(({ id, verb, usesLeft, expiresAt, steppedUp, secretId, requestId }) => [
        id,
        verb,
        usesLeft === null ? "any" : String(usesLeft),
        ago(expiresAt, call.world.now()),
        steppedUp ? "shown" : "-",
        secretId,
        requestId,
      ]),
    ),
  )
}
