/** What the build wrote down of itself (`tools/build.ts`). */
interface BuildFacts {
  /** 40 hex digits; null: built where no commit was known. */
  readonly commit: string | null
  /** Sources differed from that commit. */
  readonly changed: boolean
  /** RFC 3339, UTC. */
  readonly builtAt: string
}

/**
 * What `--version` says: the version alone on the first line, for scripts, and below it what was built, when, and what runs it.
 *
 * @param manifest text of package.json.
 * @param facts text of what the build wrote; undefined when the sources run as they are.
 * @param runtime such as `Node 24.21.0, linux x64`.
 */
export function versionText(program: string, manifest: string, facts: string | undefined, runtime: string): string {
  const { version } = JSON.parse(manifest) as { version: string }
  return [
    `${program} ${version}`,
    ...(facts === undefined ? ["not built: run from its sources"] : linesOf(facts)),
    runtime,
  ].join("\n")
}

function linesOf(facts: string): string[] {
  const { commit, changed, builtAt } = JSON.parse(facts) as BuildFacts
  return [`commit ${commit ?? "unknown"}${changed ? ", with changes" : ""}`, `built ${builtAt}`]
}

/** @param versions such as `process`. */
export function runtimeOf({
  versions,
  platform,
  arch,
}: Pick<NodeJS.Process, "versions" | "platform" | "arch">): string {
  return `Node ${versions.node}, ${platform} ${arch}`
}
