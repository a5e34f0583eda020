import assert from "node:assert/strict"
import { test } from "node:test"
import { DUTIES } from "../../src/config.ts"
import { synthesise } from "../synthesis.ts"
import { type Document, documentsOf } from "./documents.ts"
import { mutantsOf } from "./mutants.ts"
import { ACCOUNT, type Row } from "./row.ts"
import { ROWS } from "./rows.ts"
import { said, type Simulated, simulate } from "./simulate.ts"

/** With every duty there is. */
const synthesis = synthesise((json) => Object.assign(json["service"] ?? {}, { duties: DUTIES }))
const documents = new Map(documentsOf(synthesis).map((one) => [one.name, one]))

function ask(row: Row, document: Document): Promise<Simulated> {
  const { kind } = document
  return simulate(ACCOUNT, row, {
    identity: kind === "identity" ? [document] : [],
    resource: kind === "resource" ? document : LEAVES_IT_TO_IAM[row.action.split(":")[0] ?? ""],
    endpoint: kind === "endpoint" ? document : undefined,
    everything: row.everything,
  })
}

/** Keys and roles must agree as well; where a policy of ours is tried alone, they do. */
const agrees = (action: string): Document => {
  const Principal = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
  return {
    name: "agrees",
    kind: "resource",
    statements: [{ Sid: "Agrees", Effect: "Allow", Principal, Action: action, Resource: "*" }],
  }
}
const LEAVES_IT_TO_IAM: Readonly<Record<string, Document>> = { kms: agrees("kms:*"), sts: agrees("sts:AssumeRole") }

const rowsOn = Map.groupBy(ROWS, ({ on }) => on)

test("each policy has its lines, and each line its policy", () => {
  assert.deepEqual([...rowsOn.keys()].toSorted(), [...documents.keys()].toSorted())
})

test("each statement has a name of its own in its policy", () => {
  for (const { name, statements } of documents.values()) {
    const names = statements.map(({ Sid }) => Sid)
    assert.equal(new Set(names).size, names.length, name)
  }
})

for (const [name, rows] of rowsOn) {
  test(`${name}: ${rows.length} requests`, async () => {
    const document = documents.get(name)
    assert.ok(document, `no policy ${name}`)
    const wrong: string[] = []
    for (const row of rows) {
      const { answer, by } = await ask(row, document)
      const decided = row.by === undefined ? answer === row.gives : answer === row.gives && by.includes(row.by)
      if (!decided)
        wrong.push(
          `${said(row)}\n  is ${answer} by ${by.join(", ") || "none"}, not ${row.gives} by ${row.by ?? "none"}`,
        )
    }
    assert.equal(wrong.length, 0, `\n${wrong.join("\n")}`)
  })
}

/** GetCallerIdentity is allowed whatever is said; what an endpoint's policy without it does, AWS does not say. */
const BEYOND_SIMULATION = ["endpoint sts/WhoIsThis: without it"]

test("no statement, action, resource or condition could go, or be wider, without a line that notices", async () => {
  const mutants = [...documents.values()].flatMap(mutantsOf)
  const unnoticed: string[] = []
  for (const { what, document } of mutants) if (!(await isNoticed(document))) unnoticed.push(what)
  assert.deepEqual(unnoticed, BEYOND_SIMULATION)
  assert.ok(mutants.length > 300, `only ${mutants.length}`)
})

async function isNoticed(mutant: Document): Promise<boolean> {
  for (const row of rowsOn.get(mutant.name) ?? []) if ((await ask(row, mutant)).answer !== row.gives) return true
  return false
}
