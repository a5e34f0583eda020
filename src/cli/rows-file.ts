import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { TylerError } from "../core/errors.ts"
import { type Json, parseJson } from "../core/json.ts"
import { UsageError } from "./command.ts"
import type { World } from "./world.ts"

/** Whose help tells of the file. */
const COMMANDS = { policies: "policy diff", cases: "policy test", decisions: "access-review" } as const

/** As much as the server takes. */
const MOST_BYTES = 1_048_576

/**
 * The rows of a file: a JSON list, an object with the list under `key`, or one JSON object a line. What a row must hold
 * is the server's to say.
 * @throws UsageError naming the file, and the line where there are lines
 */
export function readRows(world: World, path: string, key: keyof typeof COMMANDS): readonly object[] {
  const fault = (what: string): UsageError => new UsageError(`${path}: ${what}`, COMMANDS[key])
  const text = readText(resolve(world.cwd, path), fault)
  const whole = parsed(text)
  const rows = whole === undefined ? rowsByLine(text, fault) : rowsOf(whole, key)
  if (rows === undefined || !rows.every(isObject))
    throw fault(`must be a JSON list of ${key}, {"${key}": [...]}, or one of them a line`)
  return rows
}

function readText(path: string, fault: (what: string) => UsageError): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw fault("is not a regular file")
    if (stat.size > MOST_BYTES) throw fault(`is longer than ${MOST_BYTES} bytes`)
    return readFileSync(fd, "utf8")
  } finally {
    closeSync(fd)
  }
}

function rowsOf(whole: Json, key: string): readonly Json[] | undefined {
  if (Array.isArray(whole)) return whole as readonly Json[]
  if (!isObject(whole)) return undefined
  const rows = whole[key]
  // A file of one line is one row.
  if (rows === undefined) return [whole]
  return Array.isArray(rows) && Object.keys(whole).every((name) => name === key || name === "epoch") ? rows : undefined
}

function rowsByLine(text: string, fault: (what: string) => UsageError): readonly Json[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === "") return []
    const row = parsed(line)
    if (row === undefined) throw fault(`line ${at + 1} is not valid JSON, nor is the whole`)
    return [row]
  })
}

/** Undefined: not valid JSON. */
function parsed(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof TylerError) return undefined
    throw error
  }
}

function isObject(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json)
}
