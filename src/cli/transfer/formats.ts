import { basename, join, relative, resolve } from "node:path"
import { readdir, stat } from "node:fs/promises"
import { type Call, given, UsageError } from "../command.ts"
import type { World } from "../world.ts"
import { parseDotenv } from "./dotenv.ts"
import { type Entry, type Fault, faultIn } from "./entry.ts"
import { OWN_START, parseOwnForm } from "./own-form.ts"
import { parsePlainJson } from "./plain-json.ts"
import { readSource } from "./source-file.ts"
import { parseVault } from "./vault.ts"

/** Where secrets come from: one row each. */
interface Format {
  readonly name: string
  /** Files whose name says that they are of this format. */
  readonly files?: RegExp
  /** One text; `fileName` is what it is called without folder and ending. */
  readonly parse?: (text: string, fault: Fault, fileName: string) => readonly Entry[]
  /** Reads something else than files. */
  readonly read?: (world: World, operands: readonly string[]) => Promise<readonly Entry[]>
}

const FORMATS: readonly Format[] = [
  { name: "env", files: /(?:^|\.)env(?:\.[\w-]+)?$/, parse: parseDotenv },
  { name: "json", files: /\.(?:json|ndjson)$/, parse: parseJsonSource },
  { name: "vault", parse: parseVault },
  { name: "aws", read: readAwsPrefix },
]
export const FORMAT_NAMES: string = FORMATS.map(({ name }) => name).join(", ")
/** Answers of Vault below a folder. */
const MOST_FILES = 100_000

/** Everything that the operands and `--from` name. Throws UsageError. */
export async function readEntries(call: Call): Promise<readonly Entry[]> {
  const format = formatOf(call)
  const { world, operands } = call
  if (format.read) return format.read(world, operands)
  if (operands.length === 0) throw new UsageError("SOURCE is missing", "import")
  const entries: Entry[] = []
  for (const operand of operands)
    for (const { path, name } of await filesAt(world, operand)) {
      const fault = faultIn(path)
      entries.push(...(format.parse?.(await readSource(world, path, fault), fault, name) ?? []))
    }
  return entries
}

function formatOf(call: Call): Format {
  const asked = given(call, "from")
  const names = call.operands.map((path) => basename(path))
  const found =
    asked === undefined
      ? FORMATS.find(({ files }) => names.length > 0 && names.every((name) => files?.test(name)))
      : FORMATS.find(({ name }) => name === asked)
  if (found) return found
  if (asked === undefined && names.length === 0) throw new UsageError("SOURCE is missing", "import")
  const what = asked === undefined ? "the file's name does not say what it is; add --from" : "--from knows"
  throw new UsageError(`${what} ${FORMAT_NAMES}`, "import")
}

function parseJsonSource(text: string, fault: Fault): readonly Entry[] {
  return text.startsWith(OWN_START) ? parseOwnForm(text, fault) : parsePlainJson(text, fault)
}

async function readAwsPrefix(world: World, [prefix = "", ...more]: readonly string[]): Promise<readonly Entry[]> {
  if (more.length > 0) throw new UsageError("with --from aws, SOURCE is one prefix of names in AWS", "import")
  const { readAws } = await import("./aws.ts")
  return readAws(world, prefix)
}

interface Found {
  readonly path: string
  readonly name: string
}

/** A file, or every `.json` file below a folder, whose paths are then the names. */
async function filesAt(world: World, operand: string): Promise<readonly Found[]> {
  if (operand === "-") return [{ path: operand, name: "" }]
  const path = resolve(world.cwd, operand)
  if (!(await stat(path)).isDirectory()) return [{ path: operand, name: withoutEnding(basename(operand)) }]
  const below = await readdir(path, { recursive: true, withFileTypes: true })
  const files = below.filter((one) => one.isFile() && one.name.endsWith(".json"))
  if (files.length === 0) throw faultIn(operand)("holds no .json file")
  if (files.length > MOST_FILES) throw faultIn(operand)(`holds more than ${MOST_FILES} files`)
  return files
    .map((one) => relative(path, join(one.parentPath, one.name)))
    .toSorted()
    .map((inside) => ({ path: join(operand, inside), name: withoutEnding(inside) }))
}

function withoutEnding(name: string): string {
  return name.replace(/\.json$/, "")
}
