import { connect, reasonOf } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { readIssuerFile } from "../issuer-file.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const issuer = readIssuerFile(operand(call, 1))
  const client = connect(call)
  const put = await client.workloadIssuers.replace(operand(call, 0), { ...issuer, reason: await reasonOf(call) })
  await answer(call, put, () => line(call.world, printable(`replaced ${put.issuer}`)))
}
