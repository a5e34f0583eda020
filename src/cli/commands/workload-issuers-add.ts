import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { readIssuerFile } from "../issuer-file.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const issuer = readIssuerFile(operand(call, 0))
  const client = connect(call)
  const made = await client.workloadIssuers.create({ ...issuer, reason: await reasonOf(call) })
  await answer(call, made, () => line(call.world, printable(`added ${made.issuer} ${made.id}`)))
}
