import { spawn } from "node:child_process"
import { once } from "node:events"
import { globSync } from "node:fs"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { makeTemplate, postgresAnswers } from "../test/conformance/postgres-database.ts"

/** Fewer than this and something was not found rather than nothing was wrong; with no service at all there are some 1,650. */
const PLAUSIBLE = 1500

/** Every file is a process that compiles the same sources: kept, that takes a fifth less of its CPU (measured). */
const COMPILED = fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url))

/** One run of the test runner over some files, on one engine (test/kit/engine.ts). */
interface Pass {
  readonly engine: "sqlite" | "postgres"
  readonly files: readonly string[]
}

/** Files at once, on two cores: they wait for commits more than they work. */
const AT_ONCE = { sqlite: 3, postgres: 2 } as const

interface Outcome {
  readonly status: number
  readonly tests: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly missing: readonly string[]
}

const BEFORE = "ends before a database is asked"

/** What the HTTP suite says on SQLite it says on PostgreSQL too. All but these, and why. */
const ON_SQLITE_ONLY: Readonly<Record<string, string>> = {
  "test/http/approval-model.test.ts": "a sample; the campaign of test/soak runs the model on both",
  "test/http/aws-clients.test.ts":
    "what a client makes of answers does not change with the engine; aws-semantics asks both",
  "test/http/bodies.test.ts": BEFORE,
  "test/http/canary.test.ts": "searches SQLite's own files",
  "test/http/docs-page.test.ts": BEFORE,
  "test/http/factor-pages.test.ts": "as test/http/pages.test.ts",
  "test/http/guide-curl.test.ts": "a story of routes that run on both elsewhere",
  "test/http/hosts.test.ts": BEFORE,
  "test/http/names.test.ts": BEFORE,
  "test/http/openapi.test.ts": BEFORE,
  "test/http/pages.test.ts": "what a browser shows does not change with the engine, and it is the slowest file",
  "test/http/ready.test.ts": "locks and fills SQLite's file; test/soak/storage.ts does the like to PostgreSQL",
  "test/http/route-matrix.test.ts": BEFORE,
  "test/http/sign-on-page.test.ts": "as test/http/pages.test.ts",
  "test/http/whole-story.test.ts": "as test/http/pages.test.ts",
  "test/http/what-if.test.ts": "compares sets of rules in memory; who.test.ts asks both engines",
  "test/http/wrong-tokens.test.ts": BEFORE,
}

/**
 * Rules that are decided in memory: the rows that they read and write are held by the conformance suite on both engines.
 * `npm test -- --whole` runs these on PostgreSQL too.
 */
const DECIDED_IN_MEMORY = [
  "answers",
  "approval-export",
  "approvers",
  "aws-bodies",
  "aws-clients",
  "aws-development",
  "aws-environment",
  "aws-labels",
  "aws-sdk",
  "aws-signatures",
  "break-glass",
  "email",
  "examples",
  "gates",
  "governance",
  "half-session",
  "identity-providers",
  "jobs",
  "kit",
  "local-login",
  "matrix",
  "metrics",
  "odd-text",
  "passkeys",
  "program-governance",
  "provider-approval",
  "refusal-order",
  "reset",
  "sign-on-code",
  "traces",
].map((name) => `test/http/${name}.test.ts`)

const WHOLE = "--whole"
const whole = process.argv.includes(WHOLE)
const wanted = process.argv.slice(2).filter((argument) => argument !== WHOLE)
const files = [...globSync("src/**/*.test.ts"), ...globSync("test/**/*.test.ts")]
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted()
if (files.length === 0) {
  process.stderr.write("no test file matches\n")
  process.exit(1)
}

const onPostgres = files.filter(
  (file) =>
    file.startsWith("test/http/") &&
    ON_SQLITE_ONLY[file] === undefined &&
    (whole || wanted.length > 0 || !DECIDED_IN_MEMORY.includes(file)),
)
const outcomes = await runAll()

const sum = (of: (one: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0)
const missing = new Set(outcomes.flatMap((one) => one.missing))
const [passed, failed, skipped] = [sum((one) => one.passed), sum((one) => one.failed), sum((one) => one.skipped)]
process.stdout.write(`\nskipped: ${skipped} (${[...missing].join(", ") || "nothing"})\n`)
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
const tests = sum((one) => one.tests)
if (wanted.length === 0 && tests < PLAUSIBLE) {
  process.stderr.write(`only ${tests} tests ran; ${PLAUSIBLE} are plausible\n`)
  process.exit(1)
}
process.exit(outcomes.find((one) => one.status !== 0)?.status ?? 0)

/** Those that need PostgreSQL say so themselves where it is required and does not answer. */
async function runAll(): Promise<Outcome[]> {
  await using _template = (await postgresAnswers().catch(() => false)) ? await makeTemplate() : null
  return await Promise.all([
    run({ engine: "sqlite", files }),
    ...(onPostgres.length > 0 ? [runOnPostgres(onPostgres)] : []),
  ])
}

/** Both passes go on at the same time: the tests of either wait more than they work. */
async function run(pass: Pass): Promise<Outcome> {
  const flags = [
    "--test",
    `--test-concurrency=${AT_ONCE[pass.engine]}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
  ]
  const child = spawn(process.execPath, [...flags, ...pass.files], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TYLER_TEST_ENGINE: pass.engine, NODE_COMPILE_CACHE: COMPILED },
  })
  const [said, [status]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number | null]>])
  process.stdout.write(`\non ${pass.engine}\n${said}`)
  const count = (name: string): number => Number(new RegExp(`^ℹ ${name} (\\d+)`, "m").exec(said)?.[1] ?? 0)
  const skips = [...said.matchAll(/# SKIP (.*)$|﹣ .*# (.*)$/gm)]
  return {
    status: status ?? 1,
    tests: count("tests"),
    passed: count("pass"),
    failed: count("fail"),
    skipped: count("skipped"),
    missing: skips.map((match) => match[1] ?? match[2] ?? ""),
  }
}

/** A file that cannot run for want of a server counts as one test skipped; TYLER_TEST_REQUIRE makes that a failure. */
async function runOnPostgres(these: readonly string[]): Promise<Outcome> {
  const none = { tests: 0, passed: 0, missing: ["postgres"] }
  try {
    if (!(await postgresAnswers())) return { ...none, status: 0, failed: 0, skipped: these.length }
  } catch {
    process.stderr.write("PostgreSQL is required and does not answer\n")
    return { ...none, status: 1, failed: these.length, skipped: 0 }
  }
  return run({ engine: "postgres", files: these })
}
