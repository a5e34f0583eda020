import { existsSync, readFileSync } from "node:fs"
import { runtimeOf, versionText } from "../core/build-facts.ts"

/** Stands above both `src/` and `dist/`. */
const MANIFEST = readFileSync(new URL("../../package.json", import.meta.url), "utf8")

export const VERSION: string = (JSON.parse(MANIFEST) as { version: string }).version

/** What `tyler-server --version` says. */
export function versionLines(): string {
  const written = new URL("../build.json", import.meta.url)
  const facts = existsSync(written) ? readFileSync(written, "utf8") : undefined
  return versionText("tyler-server", MANIFEST, facts, runtimeOf(process))
}
