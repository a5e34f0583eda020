import type { TotpAnswer } from "../../api/factors.ts"
import { withCode } from "../code.ts"
import { connect } from "../connect.ts"
import { type Call, given, UsageError } from "../command.ts"
import { ownerProof } from "../owner-proof.ts"
import { answer, line, note } from "../print.ts"
import { printable } from "../printable.ts"
import { canAsk } from "../prompt.ts"
import { qrLines } from "../qr-lines.ts"

/** An app for one-time codes. Passkeys are enrolled in a browser. */
export async function run(call: Call): Promise<void> {
  const { world } = call
  if (!canAsk(world))
    throw new UsageError("an app is enrolled on a terminal: its secret is shown, its code asked", "mfa add")
  const client = connect(call)
  const proof = await ownerProof(call, client)
  const begun = await client.factors.beginTotp()
  await show(call, begun)
  const label = given(call, "label") ?? "App"
  const { enrolment } = begun
  const added = await withCode(call, "Code of the app", (code) =>
    client.factors.confirmTotp({ enrolment, code, label, ...proof }),
  )
  await answer(call, added, () => line(world, printable(`added ${added.label} ${added.id}`)))
  await note(world, "tyler: your other sessions have ended; for the day you lose the app: tyler mfa codes")
}

async function show({ world }: Call, { secret, uri }: TotpAnswer): Promise<void> {
  const groups = secret.match(/.{1,4}/g) ?? []
  await note(world, "Scan this with an app for one-time codes, or type its secret into one:")
  for (const row of qrLines(world, uri)) await note(world, row)
  await note(world, printable(`  ${groups.join(" ")}`))
  await note(world, printable(`  ${uri}`))
}
