/**
 * What `npm pack` needs beside the sources: `dist/` as it is now, the declarations of the client, and the lock of what runs.
 * npm puts a lock into a package only under the name `npm-shrinkwrap.json`; `postpack` takes it away again.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const ROOT = join(import.meta.dirname, "..")

function run(...args: string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] })
  if (status !== 0) process.exit(status ?? 1)
}

run("tools/build.ts")
run("node_modules/typescript/bin/tsc", "-p", "tsconfig.client.json")

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devDependencies?: unknown }>>
}

const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as Lock
const packages = Object.entries(lock.packages).flatMap(([path, one]) => {
  if (one.dev === true) return []
  const { devDependencies: _, ...rest } = one
  return [[path, path === "" ? rest : one] as const]
})
const shipped = { ...lock, packages: Object.fromEntries(packages) }
writeFileSync(join(ROOT, "npm-shrinkwrap.json"), `${JSON.stringify(shipped, null, 2)}\n`)
