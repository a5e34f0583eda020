/** What ARCHITECTURE.md lays down, read from its tables. */
export interface Architecture {
  /** Folder of `src` -> folders it may import from. In the order of the table. */
  readonly folders: ReadonlyMap<string, ReadonlySet<string>>
  /** Functions that only the named places may import. */
  readonly held: readonly Held[]
  /** Package -> folders that may import it. */
  readonly packages: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Held {
  readonly name: string
  /** The module that exports it, below `src`. */
  readonly from: string
  readonly onlyIn: ReadonlySet<string>
}

/** @throws Error if a table is missing. */
export function readArchitecture(document: string): Architecture {
  const folders = tableUnder(document, ["folder", "holds", "may import"])
  const held = tableUnder(document, ["function", "from", "only in"])
  const packages = tableUnder(document, ["package", "only in"])
  return {
    folders: new Map(
      folders.map(([folder = "", , allowed = ""]) => [ticked(folder)[0] ?? "", new Set(ticked(allowed))]),
    ),
    held: held.map(([name = "", from = "", only = ""]) => ({
      name: ticked(name)[0] ?? "",
      from: ticked(from)[0] ?? "",
      onlyIn: new Set(ticked(only)),
    })),
    packages: new Map(packages.map(([name = "", only = ""]) => [ticked(name)[0] ?? "", new Set(ticked(only))])),
  }
}

function tableUnder(document: string, header: readonly string[]): string[][] {
  const lines = document.split("\n")
  const start = lines.indexOf(`| ${header.join(" | ")} |`)
  if (start === -1) throw new Error(`ARCHITECTURE.md has no table with the columns ${header.join(", ")}`)
  const rows: string[][] = []
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith("|")) break
    rows.push(line.split("|").slice(1, -1))
  }
  return rows
}

/** The texts in backticks. */
function ticked(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text)
}
