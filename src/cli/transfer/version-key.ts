import { createHmac } from "node:crypto"
import { join } from "node:path"
import type { Address } from "../../client/address.ts"
import type { Value } from "../../client/body.ts"
import { systemRandom } from "../../core/random.ts"
import { TokenFileError, tokenPath } from "../token-file.ts"
import type { World } from "../world.ts"
import { bytesOf } from "./entry.ts"

/** Not imported: an import of `node:fs` makes all that it exports, its promises and streams among them. */
const { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } =
  process.getBuiltinModule("node:fs")

const KEY = /^[0-9a-f]{64}$/

/**
 * Makes the id of the version that a value becomes, by which the same value sent again is known. The id is listed to
 * everybody who may see the secret, so it must not let them try guesses at the value: it is a MAC under a key that
 * stays on this machine, and of the address and name too, so that equal values show neither across secrets nor servers.
 */
export interface VersionKeys {
  /** Whether an earlier import may have left versions that this key knows. */
  readonly used: boolean
  /** @param turn 0 for the first time that the secret gets this value; a value that comes back needs another id */
  idOf(name: string, value: Value, turn: number): string
}

export function versionKeys(world: World, address: Address): VersionKeys {
  const { key, used } = keyOf(join(tokenPath(world), "..", "import-key"), world)
  return {
    used,
    idOf: (name, value, turn) =>
      createHmac("sha256", key)
        .update(`${JSON.stringify([address, name, turn, kindOf(value)])}\n`)
        .update(bytesOf(value))
        .digest("hex")
        .slice(0, 40),
  }
}

function kindOf(value: Value): string {
  if (value instanceof Uint8Array) return "bytes"
  return typeof value === "string" ? "text" : "object"
}

/** 32 random bytes, made at the first import: a file of one's own that nobody else may read. */
function keyOf(path: string, world: World): { key: Buffer; used: boolean } {
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 })
  const made = newKey(path)
  if (made !== undefined) return { key: made, used: false }
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    const ours = stat.isFile() && (world.uid === null || stat.uid === world.uid) && (stat.mode & 0o077) === 0
    const text = ours ? readFileSync(fd, "utf8").trim() : ""
    if (!KEY.test(text))
      throw new TokenFileError(`${path} is not a key that only you can read; remove it and import again`)
    return { key: Buffer.from(text, "hex"), used: true }
  } finally {
    closeSync(fd)
  }
}

function newKey(path: string): Buffer | undefined {
  let fd: number
  try {
    fd = openSync(path, "wx", 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined
    throw error
  }
  try {
    const key = Buffer.from(systemRandom.bytes(32))
    writeFileSync(fd, `${key.toString("hex")}\n`)
    fsyncSync(fd)
    return key
  } finally {
    closeSync(fd)
  }
}
