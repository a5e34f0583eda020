import { createReadStream } from "node:fs"
import { readFile } from "node:fs/promises"
import { linesOf } from "../../audit/lines.ts"
import { NoteError } from "../../audit/note.ts"
import { type Verdict, verifyExport } from "../../audit/verify.ts"
import { type Call, given, operand, UsageError } from "../command.ts"
import { DONE, FAULT } from "../exit.ts"
import { answer, line, styled } from "../print.ts"
import { printable } from "../printable.ts"

/** Exit code 1 when the log does not verify. Opens no connection. */
export async function run(call: Call): Promise<number> {
  const keyFile = given(call, "key")
  if (keyFile === undefined) throw new UsageError("--key FILE is missing: the log's verifier key", "audit verify")
  const noteFile = given(call, "checkpoint")
  const verdict = await verify(call, {
    key: (await readFile(keyFile, "utf8")).trim(),
    ...(noteFile === undefined ? {} : { checkpoint: await readFile(noteFile, "utf8") }),
  })
  await answer(call, told(verdict), () => tell(call, verdict))
  return verdict.ok ? DONE : FAULT
}

async function verify(call: Call, options: { key: string; checkpoint?: string }): Promise<Verdict> {
  const file = operand(call, 0)
  const chunks = file === "-" ? (call.world.stdin as AsyncIterable<Uint8Array>) : createReadStream(file)
  try {
    return await verifyExport(linesOf(chunks as AsyncIterable<Uint8Array>), options)
  } catch (error) {
    if (error instanceof NoteError)
      throw new UsageError("the file given as --key holds no verifier key", "audit verify")
    throw error
  }
}

function told(verdict: Verdict): object {
  return verdict.ok ? { ...verdict, root: verdict.root.toString("base64") } : verdict
}

async function tell({ world }: Call, verdict: Verdict): Promise<void> {
  if (verdict.ok) {
    const erased = verdict.erased === 0 ? "" : `, ${verdict.erased} of them erased by order`
    await line(world, `${styled(world, world.stdout, "green", "verified")} ${verdict.entries} entries${erased}`)
    if (verdict.approvals > 0) await line(world, approvalsOf(verdict))
    return line(world, printable(`log ${verdict.origin}, root ${verdict.root.toString("base64")}`))
  }
  await line(world, styled(world, world.stdout, "red", "NOT verified"))
  for (const fault of verdict.faults) await line(world, printable(`  ${fault.what}`))
  if (verdict.more > 0) await line(world, `  and ${verdict.more} more`)
}

function approvalsOf({ approvals, signatures, unchecked }: Verdict & { readonly ok: true }): string {
  const rest = unchecked === 0 ? "" : `, not checked in full because of emptied entries: ${unchecked}`
  return `approvals: ${approvals}, signed with a passkey: ${signatures}${rest}`
}
