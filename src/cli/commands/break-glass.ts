import { connect, reasonOf } from "../connect.ts"
import type { Call } from "../command.ts"
import { namesOf } from "../names.ts"
import { wholeNumber } from "../number.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { stepUp } from "../step-up.ts"

const LONGEST_MINUTES = 60

export async function run(call: Call): Promise<void> {
  const names = namesOf(call)
  const minutes = wholeNumber(call, "minutes", 1, LONGEST_MINUTES)
  const client = connect(call)
  const reason = await reasonOf(call)
  const verificationToken = await stepUp(call, client, { verb: "govern", names: [] })
  const opened = await client.breakGlass(names, {
    reason,
    verificationToken,
    ...(minutes === undefined ? {} : { minutes }),
  })
  await answer(call, opened, () =>
    line(call.world, printable(`opened by ${opened.id}; others have been told, and it has to be reviewed`)),
  )
}
