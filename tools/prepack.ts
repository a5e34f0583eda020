/**
 * What `npm pack` needs beside the sources: `dist/` as it is now, the declarations of the client, and the lock.
 * npm puts a lock into a package only under the name `npm-shrinkwrap.json`; `postpack` takes it away again.
 * `--without-types` leaves the declarations out, which take the compiler 7 s of CPU.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, rmSync } from "node:fs"
import { join } from "node:path"

const ROOT = join(import.meta.dirname, "..")

function run(...args: string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] })
  if (status !== 0) process.exit(status ?? 1)
}

// Anew, for what it says of its commit; and by the launcher, whose stamp keeps `prepare`, which npm runs next, from building
// again: that would take the declarations away.
rmSync(join(ROOT, "dist", "stamp"), { force: true })
run("bin/tyler.js", "--version")
if (!process.argv.includes("--without-types")) run("node_modules/typescript/bin/tsc", "-p", "tsconfig.client.json")
// Whole: `npm ci` compares it with all that package.json names, for development too, and refuses one that lacks any of it.
copyFileSync(join(ROOT, "package-lock.json"), join(ROOT, "npm-shrinkwrap.json"))
