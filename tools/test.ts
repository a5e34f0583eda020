import { globSync } from "node:fs"
import { makeTemplate, postgresAnswers } from "../test/conformance/postgres-database.ts"
import { type Group, groupsOf, type Outcome, runGroups } from "./test-processes.ts"

/** Fewer than this and something was not found rather than nothing was wrong; with no service at all there are some 1,650. */
const PLAUSIBLE = 1500

/** So long that each begins first, in a process of its own. */
const LONG: ReadonlySet<string> = new Set([
  "test/conformance/postgres.test.ts",
  "test/crash/campaigns.test.ts",
  "test/rotation/judges.test.ts",
  "test/rotation/killed.test.ts",
])

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
  "access-keys",
  "access-review",
  "answers",
  "approval-export",
  "approvers",
  "aws-bodies",
  "aws-clients",
  "aws-development",
  "aws-environment",
  "aws-governance",
  "aws-grants",
  "aws-labels",
  "aws-sdk",
  "aws-signatures",
  "break-glass",
  "compliance",
  "email",
  "examples",
  "export",
  "gates",
  "governance",
  "half-session",
  "iam",
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
  "step-up",
  "traces",
  "workloads",
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
async function runAll(): Promise<readonly Outcome[]> {
  await using _template = (await postgresAnswers().catch(() => false)) ? await makeTemplate() : null
  const missed = onPostgres.length > 0 ? await withoutPostgres(onPostgres.length) : null
  const second = missed === null ? groupsOf("postgres", onPostgres, LONG) : []
  const ran = await runGroups(inTurns(groupsOf("sqlite", files, LONG), second))
  return missed === null ? ran : [...ran, missed]
}

/** Both engines to the end, so that what waits for commits and what computes go side by side. */
function inTurns(one: readonly Group[], other: readonly Group[]): readonly Group[] {
  const share = (at: number, of: readonly Group[]): number => (at + 0.5) / of.length
  const placed = [one, other].flatMap((groups) => groups.map((group, at) => ({ group, place: share(at, groups) })))
  return placed.toSorted((a, b) => a.place - b.place).map(({ group }) => group)
}

/** A file that cannot run for want of a server counts as one test skipped; TYLER_TEST_REQUIRE makes that a failure. */
async function withoutPostgres(count: number): Promise<Outcome | null> {
  const none = { tests: 0, passed: 0, missing: ["postgres"] }
  try {
    return (await postgresAnswers()) ? null : { ...none, status: 0, failed: 0, skipped: count }
  } catch {
    process.stderr.write("PostgreSQL is required and does not answer\n")
    return { ...none, status: 1, failed: count, skipped: 0 }
  }
}
