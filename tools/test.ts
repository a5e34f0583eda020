import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"

/** Fewer than this and something was not found rather than nothing was wrong. */
const PLAUSIBLE = 300

const wanted = process.argv.slice(2)
const files = [...globSync("src/**/*.test.ts"), ...globSync("test/**/*.test.ts")]
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted()
if (files.length === 0) {
  process.stderr.write("no test file matches\n")
  process.exit(1)
}
const run = spawnSync(
  process.execPath,
  ["--test", "--test-concurrency=2", "--test-reporter=spec", "--test-reporter-destination=stdout", ...files],
  { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"] },
)
process.stdout.write(run.stdout)
const count = (name: string): number => Number(new RegExp(`^ℹ ${name} (\\d+)`, "m").exec(run.stdout)?.[1] ?? 0)
const skips = [...run.stdout.matchAll(/# SKIP (.*)$|﹣ .*# (.*)$/gm)].map((match) => match[1] ?? match[2] ?? "")
process.stdout.write(`\nskipped: ${count("skipped")} (${[...new Set(skips)].join(", ") || "nothing"})\n`)
process.stdout.write(`${count("pass")} passed, ${count("fail")} failed, ${count("skipped")} skipped\n`)
if (wanted.length === 0 && count("tests") < PLAUSIBLE) {
  process.stderr.write(`only ${count("tests")} tests ran; ${PLAUSIBLE} are plausible\n`)
  process.exit(1)
}
process.exit(run.status ?? 1)
