import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { TylerError } from "../core/errors.ts"
import { type Json, parseJson } from "../core/json.ts"
import { parseName } from "../core/name.ts"
import { UsageError } from "./command.ts"
import { isDangerous, isVariable } from "./variables.ts"
import type { World } from "./world.ts"

/** One variable of the child and where its value comes from. */
export interface Wanted {
  readonly variable: string
  readonly name: string
  readonly field: string | undefined
}

const FILE = ".tyler.json"
const MOST_VARIABLES = 200
const MOST_BYTES = 65_536

/** The nearest `.tyler.json`: in the working folder or above it, up to the home folder, or the root outside of it. */
export function findRunFile(world: World): string {
  const home = world.home === null ? null : resolve(world.home)
  for (let folder = resolve(world.cwd); ; folder = dirname(folder)) {
    const path = join(folder, FILE)
    if (isThere(path)) return path
    if (folder === home || folder === dirname(folder))
      throw new UsageError(`there is no ${FILE} here or above; it names the secrets`, "run")
  }
}

/** Throws UsageError for a file that is not ours or not in order. It never holds values, so its text may be named. */
export function readRunFile(world: World, path: string): readonly Wanted[] {
  const fault = (what: string) => new UsageError(`${path}: ${what}`, "run")
  let json: Json
  try {
    json = parseJson(readOwn(world, path, fault))
  } catch (error) {
    throw error instanceof TylerError ? fault("is not valid JSON") : error
  }
  const secrets = isObject(json) ? json["secrets"] : undefined
  if (!isObject(json) || !isObject(secrets) || Object.keys(json).length !== 1)
    throw fault('must be {"secrets": {"VARIABLE": "category/name" or {"name": ..., "field": ...}}}')
  const entries = Object.entries(secrets)
  if (entries.length === 0) throw fault("names no secret")
  if (entries.length > MOST_VARIABLES) throw fault(`names more than ${MOST_VARIABLES} variables`)
  return entries.map(([variable, source]) => {
    const wanted = wantedOf(variable, source)
    if (typeof wanted === "string") throw fault(wanted)
    return wanted
  })
}

/** A row, or what is wrong with it. */
function wantedOf(variable: string, source: Json): Wanted | string {
  if (!isVariable(variable)) return `${JSON.stringify(variable)} is no name of a variable`
  if (isDangerous(variable)) return `${variable} steers how programs run; a secret may not take its place`
  const { name, field, ...rest } = isObject(source) ? source : { name: source }
  if (typeof name !== "string" || (field !== undefined && typeof field !== "string") || Object.keys(rest).length > 0)
    return `${variable} must be a secret's name, or an object of name and field`
  if ("fault" in parseName(name, 512)) return `${variable} does not name a secret`
  return { variable, name, field }
}

/**
 * A folder above may be anybody's (/tmp): a file that somebody else owns or may write could choose what secrets go
 * where (the attack of CVE-2022-24765).
 */
function readOwn(world: World, path: string, fault: (what: string) => UsageError): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw fault("is not a regular file")
    if (world.uid !== null && stat.uid !== world.uid && stat.uid !== 0) throw fault("belongs to another user")
    if ((stat.mode & 0o002) !== 0) throw fault("can be written by anybody; chmod o-w it")
    if (stat.size > MOST_BYTES) throw fault(`is longer than ${MOST_BYTES} bytes`)
    return readFileSync(fd, "utf8")
  } finally {
    closeSync(fd)
  }
}

function isThere(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR") return false
    throw error
  }
}

function isObject(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json)
}
