import { spawn } from "node:child_process"
import { once } from "node:events"
import { statSync } from "node:fs"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

export type Engine = "sqlite" | "postgres"

export interface Outcome {
  readonly status: number
  readonly tests: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly missing: readonly string[]
}

/** Test files that one process runs, on one engine (test/kit/engine.ts). */
export interface Group {
  readonly engine: Engine
  readonly files: readonly string[]
}

/** Kept from one process to the next, that takes a fifth less of a file's CPU (measured). */
const COMPILED = fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url))
const GROUP = fileURLToPath(new URL("test-group.ts", import.meta.url))

/** Processes at once, on two cores: tests wait for commits more than they work. */
const AT_ONCE = 4

/** A test that takes so long hangs. */
const HANGS_MS = 400_000

const FLAGS = [
  `--test-timeout=${HANGS_MS}`,
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
  `--test-reporter=${new URL("misplaced.ts", import.meta.url).href}`,
  "--test-reporter-destination=stderr",
]

/** Bytes of sources of one group. */
const GROUP_BYTES = 60_000

/**
 * Files that go together, in the order given. A process of its own for each file spends half of the CPU on loading the
 * service and on running it before it is optimised (measured: 26 s alone, 15 s together, for eight files).
 * @param alone files that go first, each in a process of its own
 */
export function groupsOf(engine: Engine, files: readonly string[], alone: ReadonlySet<string>): readonly Group[] {
  const groups: string[][] = []
  let bytes = GROUP_BYTES
  for (const file of files.filter((one) => !alone.has(one))) {
    if (bytes >= GROUP_BYTES) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(file)
    bytes += statSync(file).size
  }
  const single = files.filter((one) => alone.has(one)).map((file) => [file])
  return [...single, ...groups].map((these) => ({ engine, files: these }))
}

/** Each prints what it said when it ends. */
export async function runGroups(groups: readonly Group[]): Promise<readonly Outcome[]> {
  const left = [...groups]
  const outcomes: Outcome[] = []
  async function work(): Promise<void> {
    for (let group = left.shift(); group !== undefined; group = left.shift()) outcomes.push(await run(group))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return outcomes
}

async function run({ engine, files }: Group): Promise<Outcome> {
  const child = spawn(process.execPath, [...FLAGS, GROUP, ...files], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TYLER_TEST_ENGINE: engine, NODE_COMPILE_CACHE: COMPILED },
  })
  const [said, [status]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number | null]>])
  process.stdout.write(`\non ${engine}\n${said}`)
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
