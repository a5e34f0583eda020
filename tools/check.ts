import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

/** A package of its own, installed by itself: without its packages there is nothing to hold its types against. */
const infra = existsSync("infra/node_modules")

/** Every gate of `npm run check`, all run even when one fails. */
const STEPS: readonly (readonly [string, readonly string[]])[] = [
  ["types", ["node_modules/.bin/tsc"]],
  ...(infra ? [["types of infra", ["node_modules/.bin/tsc", "--project", "infra"]] as const] : []),
  ["lint", ["node_modules/.bin/oxlint", "--type-aware", ...(infra ? [] : ["--ignore-pattern", "infra"])]],
  ["format", ["node_modules/.bin/biome", "format", "."]],
  ["imports", [process.execPath, "tools/check-imports.ts"]],
  ["dead code", [process.execPath, "node_modules/knip/bin/knip.js", "--no-progress"]],
  ["dead code but for its tests", [process.execPath, "node_modules/knip/bin/knip.js", "--no-progress", "--production"]],
  ["docs", [process.execPath, "tools/check-docs.ts"]],
]

let failed = 0
for (const [name, [command = "", ...args]] of STEPS) {
  const began = performance.now()
  const run = spawnSync(command, args, { encoding: "utf8" })
  const ok = run.status === 0
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`)
  if (!ok) process.stdout.write(`${run.stdout}${run.stderr}\n`)
  failed += ok ? 0 : 1
}
if (!infra)
  process.stdout.write("not looked at: types and lint of infra, whose packages are not installed (npm ci there)\n")
process.exit(failed === 0 ? 0 : 1)
