import { spawnSync } from "node:child_process"
import { cpSync, lstatSync, readdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { temporaryFolder } from "../test/kit/server.ts"
import { row } from "./kit.ts"

/** A production install of what is under version control, and the demo in it. */
const LIMIT_MIB = 60
const LIMIT_SECONDS = 10
const ROOT = fileURLToPath(new URL("..", import.meta.url))

function run(cwd: string, command: string, ...args: string[]): string {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 })
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`)
  return done.stdout
}

/** Bytes of all files below, each as long as it says. */
function sizeOf(path: string, leaveOut: (name: string) => boolean): number {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) return stat.size
  const inside = readdirSync(path).filter((name) => !leaveOut(name))
  return inside.reduce((sum, name) => sum + sizeOf(join(path, name), leaveOut), 0)
}

const folder = temporaryFolder()
try {
  for (const file of run(ROOT, "git", "ls-files", "-z").split("\0").filter(Boolean))
    cpSync(join(ROOT, file), join(folder, dirname(file), file.slice(file.lastIndexOf("/") + 1)), { recursive: true })
  run(folder, "npm", "ci", "--omit=dev")
  const isNode = (name: string): boolean => /^node-(?:linux|darwin|win)/.test(name)
  const mib = sizeOf(join(folder, "node_modules"), isNode) / 2 ** 20
  row("npm ci --omit=dev, without Node itself", `${mib.toFixed(1)} MiB`, "at most 60 MiB")
  const began = performance.now()
  run(folder, "npm", "run", "demo")
  const seconds = (performance.now() - began) / 1000
  row("npm run demo after it", `${seconds.toFixed(1)} s`, "at most 10 s")
  process.exitCode = mib <= LIMIT_MIB && seconds <= LIMIT_SECONDS ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
