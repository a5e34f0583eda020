import { spawnSync } from "node:child_process"

/** Every gate of `npm run check`, all run even when one fails. */
const STEPS: readonly (readonly [string, readonly string[]])[] = [
  ["types", ["node_modules/.bin/tsc"]],
  ["lint", ["node_modules/.bin/oxlint", "--type-aware"]],
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
process.exit(failed === 0 ? 0 : 1)
