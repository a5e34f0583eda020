import { isAbsolute, join } from "node:path"
import type { Address } from "../client/address.ts"
import type { World } from "./world.ts"

/** Not imported: an import of `node:fs` makes all that it exports, its promises and streams among them. */
const {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} = process.getBuiltinModule("node:fs")

/** The token file or its folder is not what it should be; the message says what would help. */
export class TokenFileError extends Error {}

type Tokens = Record<string, { readonly token: string; readonly expiresAt: string | null }>

/** `tyler/token.json` under XDG_CONFIG_HOME, or under `~/.config` when that is unset or not absolute (XDG 0.8). @throws TokenFileError */
export function tokenPath(world: World): string {
  const given = world.env["XDG_CONFIG_HOME"] ?? ""
  if (isAbsolute(given)) return join(given, "tyler", "token.json")
  if (world.home === null) throw new TokenFileError("this user has no home folder; set HOME or TYLER_TOKEN")
  return join(world.home, ".config", "tyler", "token.json")
}

/** The token kept for exactly this address, or undefined. A token never goes to another address than its own. */
export function storedToken(world: World, address: Address): string | undefined {
  const tokens = readTokens(world)
  return Object.hasOwn(tokens, address) ? tokens[address]?.token : undefined
}

export function storeToken(world: World, address: Address, token: string, expiresAt: string | null): void {
  writeTokens(world, { ...readTokens(world), [address]: { token, expiresAt } })
}

/** Answers whether there was one. */
export function forgetToken(world: World, address: Address): boolean {
  const { [address]: gone, ...rest } = readTokens(world)
  if (gone !== undefined) writeTokens(world, rest)
  return gone !== undefined
}

/** Refuses a symbolic link, a file of somebody else, and one that others may read. */
function readTokens(world: World): Tokens {
  const path = tokenPath(world)
  const fd = openOrAbsent(path)
  if (fd === undefined) return {}
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new TokenFileError(`${path} is not a regular file; remove it and log in again`)
    if (world.uid !== null && stat.uid !== world.uid)
      throw new TokenFileError(`${path} belongs to another user; remove it and log in again`)
    if ((stat.mode & 0o077) !== 0) throw new TokenFileError(`others may read ${path}; chmod 600 it, or log in again`)
    return parseTokens(path, readFileSync(fd, "utf8"))
  } finally {
    closeSync(fd)
  }
}

function openOrAbsent(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT") return undefined
    if (code === "ELOOP") throw new TokenFileError(`${path} is a symbolic link; remove it and log in again`)
    throw new TokenFileError(`${path} cannot be read (${code ?? "unknown"})`)
  }
}

function parseTokens(path: string, text: string): Tokens {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== "object" || parsed === null) throw new SyntaxError()
    const kept = Object.entries(parsed).filter(([, entry]: [string, unknown]) => isEntry(entry))
    return Object.fromEntries<Tokens[string]>(kept as [string, Tokens[string]][])
  } catch {
    throw new TokenFileError(`${path} is damaged; remove it and log in again`)
  }
}

function isEntry(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && "token" in entry && typeof entry.token === "string"
}

/** Whole or not at all: a new file beside it, 0600, synced, then renamed over it. */
function writeTokens(world: World, tokens: Tokens): void {
  const path = tokenPath(world)
  const folder = join(path, "..")
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (!stat.isDirectory() || (world.uid !== null && stat.uid !== world.uid))
    throw new TokenFileError(`${folder} is not a folder of yours; move it away and log in again`)
  if ((stat.mode & 0o022) !== 0) throw new TokenFileError(`others may write to ${folder}; chmod 700 it`)
  const fresh = `${path}.${process.pid}.tmp`
  const fd = openSync(fresh, "wx", 0o600)
  try {
    writeFileSync(fd, `${JSON.stringify(tokens, null, 2)}\n`)
    fsyncSync(fd)
    renameSync(fresh, path)
  } catch (error) {
    unlinkSync(fresh)
    throw error
  } finally {
    closeSync(fd)
  }
}
