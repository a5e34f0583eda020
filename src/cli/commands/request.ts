import type { AccessAsk } from "../../client/access-requests.ts"
import { connect, reasonOf } from "../connect.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { namesOf } from "../names.ts"
import { wholeNumber } from "../number.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { stepUp } from "../step-up.ts"

const LONGEST_MINUTES = 10_080
const MOST_USES = 1000

export async function run(call: Call): Promise<void> {
  const { world } = call
  const ask = { ...askOf(call), secrets: namesOf(call) }
  const client = connect(call)
  const reason = await reasonOf(call)
  const shown = switched(call, "mfa")
    ? { verificationToken: await stepUp(call, client, { verb: ask.verb, names: ask.secrets }) }
    : {}
  const made = await client.requests.create({ ...ask, reason, ...shown })
  const text =
    made.state === "approved"
      ? `granted: request ${made.id}; nobody else has to agree; your grants: tyler grants`
      : `asked for: request ${made.id}; how it stands: tyler requests`
  await answer(call, made, () => line(world, printable(text)))
}

function askOf(call: Call): Omit<AccessAsk, "secrets"> {
  const verb = given(call, "verb") ?? "read"
  if (verb !== "read" && verb !== "purge") throw new UsageError("--verb is read or purge", "request")
  const minutes = wholeNumber(call, "minutes", 1, LONGEST_MINUTES)
  const uses = given(call, "uses") === "any" ? null : wholeNumber(call, "uses", 1, MOST_USES)
  return { verb, ...(minutes === undefined ? {} : { minutes }), ...(uses === undefined ? {} : { uses }) }
}
