import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { type Architecture, readArchitecture } from "./architecture.ts"
import { importsOf } from "./imports.ts"

interface Source {
  /** Below `src`, with forward slashes. */
  readonly path: string
  readonly folder: string
  /** Tests stand beside what they test and obey the table of folders, but not the tables of functions and packages. */
  readonly test: boolean
  readonly text: string
}

/** Evidence that the order of the read path hangs on: made by one function each, never by assertion. */
const ASSERTED = /\bas\s+(?:unknown\s+as\s+)?(Permit|SecretValue|Receipt)\b/

/** One line for each thing in `src` that ARCHITECTURE.md does not allow, and for each allowance that nothing uses. */
export function judgeImports(root: string): readonly string[] {
  const architecture = readArchitecture(readFileSync(join(root, "ARCHITECTURE.md"), "utf8"))
  const sources = globSync("**/*.ts", { cwd: join(root, "src") })
    .toSorted()
    .map((path) => sourceAt(root, path))
  const used = new Set<string>()
  const faults = sources.flatMap((source) => judgeSource(architecture, source, used))
  return [...judgeTable(architecture, sources), ...faults, ...unused(architecture, used)]
}

function sourceAt(root: string, path: string): Source {
  const text = readFileSync(join(root, "src", path), "utf8")
  return { path, folder: folderOf(path), test: path.endsWith(".test.ts"), text }
}

/** The first folder; of `adapters`, where each stands alone, the second too. */
function folderOf(path: string): string {
  const [first = "", second = ""] = dirname(path).split("/")
  return first === "adapters" ? `${first}/${second}` : first
}

/** A folder imports from rows above its own only: so there are no cycles. */
function judgeTable({ folders }: Architecture, sources: readonly Source[]): string[] {
  const faults: string[] = []
  const above = new Set<string>()
  for (const [folder, allowed] of folders) {
    for (const other of allowed)
      if (!above.has(other)) faults.push(`${folder} may import ${other}, which is no row above it`)
    above.add(folder)
    if (!sources.some((source) => source.folder === folder)) faults.push(`the folder ${folder} is in the table only`)
  }
  for (const folder of new Set(sources.map((source) => source.folder)))
    if (!folders.has(folder)) faults.push(`the folder ${folder} is not in the table`)
  return faults
}

function judgeSource(architecture: Architecture, source: Source, used: Set<string>): string[] {
  const { path, folder, test, text } = source
  const asserted = test ? null : ASSERTED.exec(text)
  const faults = asserted === null ? [] : [`${path} asserts ${asserted[1]}, which only its maker may make`]
  for (const { specifier, names } of importsOf(text)) {
    if (specifier === null) faults.push(`${path} imports something computed`)
    else if (!specifier.startsWith(".")) {
      const fault = test ? undefined : judgePackage(architecture, folder, specifier, used)
      if (fault !== undefined) faults.push(`${path} ${fault}`)
    } else {
      const target = normalize(join("src", dirname(path), specifier))
      if (target.startsWith("src/")) {
        faults.push(
          ...judgeModule(architecture, source, target.slice(4), names, used).map((fault) => `${path} ${fault}`),
        )
      } else faults.push(`${path} imports ${target}, outside src`)
    }
  }
  return faults
}

function judgeModule(
  { folders, held }: Architecture,
  { path, folder, test }: Source,
  target: string,
  names: readonly string[],
  used: Set<string>,
): string[] {
  const faults: string[] = []
  const other = folderOf(target)
  if (other !== folder) {
    if (folders.get(folder)?.has(other) !== true) faults.push(`imports ${target}: ${folder} may not import ${other}`)
    else if (!test) used.add(`${folder} ${other}`)
  }
  for (const { name, from, onlyIn } of test ? [] : held) {
    if (from !== target || !(names.includes(name) || names.includes("*"))) continue
    if (onlyIn.has(path)) used.add(`${name} ${path}`)
    else faults.push(`imports ${name} of ${from}, which is held to ${[...onlyIn].join(", ")}`)
  }
  return faults
}

/** Packages are listed, one and all; of Node's own modules only those that are held to a place. */
function judgePackage(
  { packages }: Architecture,
  folder: string,
  specifier: string,
  used: Set<string>,
): string | undefined {
  const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : (specifier.split("/")[0] ?? "")
  const allowed = packages.get(name)
  if (allowed === undefined)
    return name.startsWith("node:") ? undefined : `imports the package ${name}, which is not in the table`
  if (!allowed.has(folder)) return `imports ${name}, which is held to ${[...allowed].join(", ")}`
  used.add(`${name} ${folder}`)
  return undefined
}

function unused({ folders, held, packages }: Architecture, used: ReadonlySet<string>): string[] {
  const allowances = [
    ...[...folders].flatMap(([folder, allowed]) => [...allowed].map((other) => [folder, other] as const)),
    ...held.flatMap(({ name, onlyIn }) => [...onlyIn].map((place) => [name, place] as const)),
    ...[...packages].flatMap(([name, allowed]) => [...allowed].map((folder) => [name, folder] as const)),
  ]
  return allowances
    .filter(([one, other]) => !used.has(`${one} ${other}`))
    .map(([one, other]) => `nothing uses the allowance of ${one} and ${other}; take it out of the table`)
}
