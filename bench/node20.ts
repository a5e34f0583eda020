import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

/** A Node on the path that is older than what the programs run on, so that its users go through the launcher. */
export function olderNode(): { readonly path: string; readonly version: string } | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"))
  for (const path of folders.map((folder) => join(folder, "node")).filter((file) => existsSync(file))) {
    const version = spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.trim()
    if (Number(/^v(\d+)/.exec(version)?.[1] ?? 24) < 24) return { path, version }
  }
  return undefined
}
