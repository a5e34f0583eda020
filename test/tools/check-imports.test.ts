import assert from "node:assert/strict"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { test, type TestContext } from "node:test"
import { judgeImports } from "../../tools/judge-imports.ts"

const ROOT = join(import.meta.dirname, "../..")

/** A copy of this very repository's `src` and ARCHITECTURE.md. */
function copy(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "tyler-imports-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ["src", "ARCHITECTURE.md"]) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  return folder
}

function plant(folder: string, path: string, source: string): void {
  mkdirSync(dirname(join(folder, "src", path)), { recursive: true })
  writeFileSync(join(folder, "src", path), source)
}

test("the repository as it is breaks nothing and allows nothing too much", (t) => {
  assert.deepEqual(judgeImports(copy(t)), [])
})

const PLANTED: readonly (readonly [what: string, path: string, source: string, fault: RegExp])[] = [
  [
    "upward, against the table",
    "core/planted.ts",
    'import { decide } from "../policy/decide.ts"',
    /^core\/planted\.ts imports policy\/decide\.ts: core may not import policy$/,
  ],
  [
    "between strangers, types only",
    "policy/planted.ts",
    'import type {\n  Keyring,\n} from "../envelope/keyring.ts"',
    /policy may not import envelope/,
  ],
  ["by export", "policy/planted.ts", 'export * from "../audit/merkle.ts"', /policy may not import audit/],
  ["for its effect", "core/planted.ts", 'import "../main/demo.ts"', /core may not import main/],
  ["when it runs", "client/planted.ts", 'await import("../audit/note.ts")', /client may not import audit/],
  ["as a type in place", "api/planted.ts", 'type K = import("../state/rows.ts").KeyRow', /api may not import state/],
  [
    "as a worker",
    "http/planted.ts",
    "new Worker(new URL(`../adapters/sqlite/worker${ext}`, import.meta.url))",
    /http may not import adapters\/sqlite/,
  ],
  ["computed", "cli/planted.ts", "await import(name)", /imports something computed/],
  ["in a test", "core/planted.test.ts", 'import { decide } from "../policy/decide.ts"', /core may not import policy/],
  ["outside src", "core/planted.ts", 'import { median } from "../../bench/kit.ts"', /outside src/],
  [
    "a function that makes evidence",
    "operations/planted.ts",
    'import { issueReceipt as make } from "../core/receipt.ts"',
    /imports issueReceipt of core\/receipt\.ts, which is held to audit\/ledger\.ts/,
  ],
  [
    "all that a module exports, the held function with it",
    "operations/planted.ts",
    'import * as receipts from "../core/receipt.ts"',
    /imports issueReceipt/,
  ],
  [
    "a package in the wrong place",
    "operations/planted.ts",
    'import { Client } from "pg"',
    /held to adapters\/postgres/,
  ],
  ["an unknown package", "core/planted.ts", 'import _ from "lodash/fp"', /package lodash, which is not in the table/],
  ["an assertion", "operations/planted.ts", "const r = {} as unknown as Receipt", /asserts Receipt/],
  ["a folder of its own", "helpers/planted.ts", "export {}", /the folder helpers is not in the table/],
]

function isOf(fault: string, path: string): boolean {
  return fault.startsWith(path) || fault.startsWith(`the folder ${dirname(path)} `)
}

/** All in one copy, each in a file of its own: reading the sources is what takes its time. */
test("planted: each is found, and nothing else is said of it", async (t) => {
  const folder = copy(t)
  const planted = PLANTED.map(([what, path, source, fault], at) => {
    const own = path.replace("planted", `planted-${at}`)
    plant(folder, own, `${source}\n`)
    return { what, own, fault }
  })
  const faults = judgeImports(folder)
  for (const { what, own, fault } of planted)
    await t.test(what, () => {
      const [first = ""] = faults.filter((one) => isOf(one, own))
      assert.match(first.replace(/planted-\d+/, "planted"), fault)
    })
  assert.deepEqual(
    faults.filter((one) => !planted.some(({ own }) => isOf(one, own))),
    [],
  )
})

test("comments are not imports", (t) => {
  const folder = copy(t)
  plant(folder, "core/planted.ts", '// import "../main/demo.ts"\n/**\n * import("../policy/decide.ts")\n */\n')
  assert.deepEqual(judgeImports(folder), [])
})

function amended(t: TestContext, from: string, to: string): readonly string[] {
  const folder = copy(t)
  const file = join(folder, "ARCHITECTURE.md")
  const text = readFileSync(file, "utf8")
  assert.ok(text.includes(from), from)
  writeFileSync(file, text.replace(from, to))
  return judgeImports(folder)
}

test("an allowance that nothing uses is a fault, in each of the tables", (t) => {
  assert.deepEqual(amended(t, "| `cli` | `tyler` | `core`", "| `cli` | `tyler` | `core` `state`"), [
    "nothing uses the allowance of cli and state; take it out of the table",
  ])
  assert.deepEqual(amended(t, "| `audit/ledger.ts` |", "| `audit/ledger.ts` `audit/proof.ts` |"), [
    "nothing uses the allowance of issueReceipt and audit/proof.ts; take it out of the table",
  ])
  assert.deepEqual(amended(t, "| `fastify` | `http` |", "| `fastify` | `http` |\n| `lodash` | `core` |"), [
    "nothing uses the allowance of lodash and core; take it out of the table",
  ])
})

test("a cycle cannot be allowed", (t) => {
  const faults = amended(
    t,
    "the port of a store outside | `core` `state` |",
    "confirmation codes | `core` `state` `envelope` |",
  )
  assert.equal(faults[0], "secrets may import envelope, which is no row above it")
})
