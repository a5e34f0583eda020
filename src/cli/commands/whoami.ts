import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, facts } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const me = await connect(call).me()
  await answer(call, me, () =>
    facts(call.world, [
      ["user", me.username],
      ["kind", me.kind],
      ["roles", me.roles.join(", ")],
      ["assurance", me.assurance],
      ["id", me.id],
    ]),
  )
}
