import type { PolicyDraft } from "../../api/policies.ts"
import type { PolicyCase, TestAnswer } from "../../api/what-if.ts"
import { connect } from "../connect.ts"
import { type Call, given, operand } from "../command.ts"
import { DONE, REFUSED } from "../exit.ts"
import { answer, line, styled } from "../print.ts"
import { printable } from "../printable.ts"
import { readRows } from "../rows-file.ts"

export async function run(call: Call): Promise<number> {
  const { world } = call
  const cases = readRows(world, operand(call, 0), "cases") as readonly PolicyCase[]
  const file = given(call, "policies")
  const rows = file === undefined ? undefined : (readRows(world, file, "policies") as readonly PolicyDraft[])
  const tested = await connect(call).policies.test(cases, rows)
  await answer(call, tested, async () => {
    for (const [at, result] of tested.cases.entries()) {
      const one = cases[at]
      if (!result.passed && one !== undefined) await tellFailed(call, at, one, result)
    }
    await line(world, `${tested.cases.length - tested.failed} passed, ${tested.failed} failed`)
  })
  return tested.failed === 0 ? DONE : REFUSED
}

async function tellFailed(
  { world }: Call,
  at: number,
  { title, principal, verb, secret, expect, code, missing }: PolicyCase,
  result: TestAnswer["cases"][number],
): Promise<void> {
  const failed = styled(world, world.stdout, "red", "failed")
  const who = `${principal.kind ?? "person"} with ${principal.roles.join(", ") || "no role"}`
  const named = title === undefined ? "" : ` (${title})`
  await line(world, `case ${at + 1} ${failed}${printable(`${named}: ${who}, ${verb} ${secret}`)}`)
  await line(world, printable(`  expected ${textOf(expect, code, missing)}`))
  await line(world, printable(`  decided  ${textOf(result.effect, result.code ?? undefined, result.missing)}`))
  for (const { rule, pattern, says } of result.reasons)
    await line(world, printable(`    ${rule === "built-in" ? "built in" : pattern}: ${says}`))
}

function textOf(effect: string, code: string | undefined, missing: readonly string[] | undefined): string {
  const what = code === undefined ? effect : `${effect}, ${code}`
  return missing === undefined || missing.length === 0 ? what : `${what} (missing: ${missing.join(", ")})`
}
