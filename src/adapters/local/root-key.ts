import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from "node:crypto"
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs"
import { dirname } from "node:path"
import { lengthPrefixed, wipe } from "../../core/bytes.ts"
import { TylerError } from "../../core/errors.ts"
import type { Random } from "../../core/random.ts"
import { StartFault } from "../../core/start-fault.ts"
import type { KeyWrapper, RootKey, WrapContext } from "../../envelope/kek.ts"
import { codeOf, ensureOwnedFolder } from "./owned-folder.ts"

const ROOT_KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = "aes-256-gcm"

/**
 * Makes the root key file: 32 random bytes, mode 0400, in a folder of ours alone, durable before it is used. Never
 * replaces anything, not even a dangling link.
 * @throws StartFault
 */
export function createRootKey(path: string, random: Random): Buffer {
  const key = place(path, random)
  if (key === undefined) throw new StartFault(`The root key ${path} cannot be opened: ${REASONS["EEXIST"]}`)
  return key
}

/** The root key of a first start: made, unless it is there or another replica makes it meanwhile. @throws StartFault */
export function obtainRootKey(path: string, random: Random): Buffer {
  if (existsSync(path)) return loadRootKey(path)
  return place(path, random) ?? loadRootKey(path)
}

/**
 * Written whole under another name and then linked: nobody ever finds a part of a key, and of two who make one at the
 * same moment only one does. @returns undefined if something is there already
 */
function place(path: string, random: Random): Buffer | undefined {
  ensureOwnedFolder(dirname(path), "root key folder")
  const key = Buffer.from(random.bytes(ROOT_KEY_BYTES))
  const draft = `${path}.${Buffer.from(random.bytes(8)).toString("hex")}.new`
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const file = opened(path, () => openSync(draft, flags, 0o400))
  try {
    if (writeSync(file, key) !== ROOT_KEY_BYTES) throw new StartFault(`The root key ${path} could not be written whole`)
    fsyncSync(file)
    linkSync(draft, path)
    return key
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined
    throw error instanceof StartFault
      ? error
      : new StartFault(`The root key ${path} could not be written (${codeOf(error)})`)
  } finally {
    closeSync(file)
    unlinkSync(draft)
    syncFolder(dirname(path))
  }
}

export function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Refuses a symbolic link, another owner's file, one that others may read, and any other size. @throws StartFault */
export function loadRootKey(path: string): Buffer {
  const file = opened(path, () => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new StartFault(`The root key ${path} is not a file`)
    if (!isCredential(stat)) {
      if (process.getuid !== undefined && stat.uid !== process.getuid())
        throw new StartFault(`The root key ${path} belongs to another user`)
      if ((stat.mode & 0o077) !== 0)
        throw new StartFault(`The root key ${path} can be read by others; run: chmod 400 ${path}`)
    }
    if (stat.size !== ROOT_KEY_BYTES) throw new StartFault(`The root key ${path} is not ${ROOT_KEY_BYTES} bytes long`)
    const key = Buffer.alloc(ROOT_KEY_BYTES)
    if (readSync(file, key) !== ROOT_KEY_BYTES) throw new StartFault(`The root key ${path} could not be read whole`)
    return key
  } finally {
    closeSync(file)
  }
}

/**
 * As systemd's LoadCredential= gives a file to a service's user: root's, read-only, and one ACL entry, which shows as rights of
 * root's group (https://github.com/systemd/systemd/issues/29435). Nobody but root could make another file look like that.
 */
export function isCredential({ uid, gid, mode }: Stats): boolean {
  return process.getuid?.() !== 0 && uid === 0 && gid === 0 && (mode & 0o777) === 0o440
}

const REASONS: Readonly<Record<string, string>> = {
  ELOOP: "it is a symbolic link",
  EEXIST: "something is already there",
  ENOENT: "it is missing",
}

function opened(path: string, open: () => number): number {
  try {
    return open()
  } catch (error) {
    const code = codeOf(error)
    throw new StartFault(`The root key ${path} cannot be opened: ${REASONS[code] ?? code}`)
  }
}

/** Stored beside the data, so that a wrong key is recognised at start. One HMAC block: it does not give the key away. */
export function rootKeyCheck(rootKey: Uint8Array): Buffer {
  return createHmac("sha256", rootKey).update("tyler-root-key-check/1").digest()
}

export function localRootKey(rootKey: Uint8Array, random: Random): RootKey {
  const check = rootKeyCheck(rootKey)
  const name = { kind: "local" as const, check: check.toString("hex", 0, 4) }
  return { check, name, wrapper: localKeyWrapper(rootKey, random), goodForMs: null }
}

/** AES-256-GCM under the root key; the context is the associated data. IV 12 | ciphertext | tag 16. */
export function localKeyWrapper(rootKey: Uint8Array, random: Random): KeyWrapper {
  const root = createSecretKey(rootKey)
  return {
    async wrap(key, context) {
      const iv = random.bytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, root, iv, { authTagLength: TAG_BYTES }).setAAD(contextBytes(context))
      return Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()])
    },
    async unwrap(wrapped, context) {
      const iv = wrapped.subarray(0, IV_BYTES)
      const tag = wrapped.subarray(wrapped.byteLength - TAG_BYTES)
      const body = wrapped.subarray(IV_BYTES, wrapped.byteLength - TAG_BYTES)
      let key: Buffer | undefined
      try {
        const decipher = createDecipheriv(CIPHER, root, iv, { authTagLength: TAG_BYTES })
        key = decipher.setAAD(contextBytes(context)).setAuthTag(tag).update(body)
        decipher.final()
        return key
      } catch {
        if (key !== undefined) wipe(key)
        throw new TylerError("internal", {}, `the key ${context.keyId} does not open under this root key`)
      }
    },
  }
}

function contextBytes(context: WrapContext): Buffer {
  return lengthPrefixed(["tyler-keyring/1", context.purpose, context.keyId])
}
