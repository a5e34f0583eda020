import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto"
import { promisify } from "node:util"
import type { Json } from "../core/json.ts"
import type { Random } from "../core/random.ts"
import { RotationFault } from "./fault.ts"
import { newPassphrase, newPassword, newToken, passwordRule } from "./generate.ts"
import { opensshPair } from "./openssh.ts"
import { invalid, isObject, type JsonObject, objectOf, textIn } from "./secret-json.ts"
import type { Steps } from "./steps.ts"

const newPair = promisify(generateKeyPair)

/** One kind of value that somebody else consumes. */
interface Kind {
  /** Members of the secret that it writes. */
  readonly writes: readonly string[]
  /** Judges the member `generate`. */
  parse(all: JsonObject): Draw
}

type Draw = (random: Random) => Promise<Readonly<Record<string, string>>>

const KINDS: Readonly<Record<string, Kind>> = {
  password: {
    writes: ["password"],
    parse(all) {
      const rule = passwordRule(all)
      return async (random) => ({ password: newPassword(random, rule) })
    },
  },
  passphrase: {
    writes: ["passphrase"],
    parse(all) {
      const words = numberIn(all, "words", 6, 4, 32)
      return async (random) => ({ passphrase: newPassphrase(random, words) })
    },
  },
  token: {
    writes: ["token"],
    parse(all) {
      const bytes = numberIn(all, "bytes", 32, 16, 1024)
      return async (random) => ({ token: newToken(random, bytes) })
    },
  },
  rsa: { writes: ["privateKey", "publicKey"], parse: (all) => pem(rsaOf(all)) },
  ed25519: { writes: ["privateKey", "publicKey"], parse: () => pem(ed25519) },
  "ssh-rsa": { writes: ["privateKey", "publicKey"], parse: (all) => ssh(rsaOf(all), all) },
  "ssh-ed25519": { writes: ["privateKey", "publicKey"], parse: (all) => ssh(ed25519, all) },
}

export const GENERATED_KINDS = Object.keys(KINDS)

function rsaOf(all: JsonObject): () => Promise<KeyObject> {
  const modulusLength = numberIn(all, "bits", 3072, 2048, 8192)
  if (modulusLength % 1024 !== 0) throw invalid("generate.bits", "is not a multiple of 1024")
  return async () => (await newPair("rsa", { modulusLength })).privateKey
}

async function ed25519(): Promise<KeyObject> {
  return (await newPair("ed25519")).privateKey
}

function pem(make: () => Promise<KeyObject>): Draw {
  return async () => {
    const key = await make()
    const privateKey = key.export({ type: "pkcs8", format: "pem" }).toString()
    return { privateKey, publicKey: createPublicKey(key).export({ type: "spki", format: "pem" }).toString() }
  }
}

function ssh(make: () => Promise<KeyObject>, all: JsonObject): Draw {
  const { comment = "" } = options(all)
  if (typeof comment !== "string" || !/^[\x20-\x7e]{0,200}$/.test(comment))
    throw invalid("generate.comment", "is not one line of at most 200 ASCII characters")
  return async (random) => opensshPair(await make(), comment, random)
}

function options(all: JsonObject): JsonObject {
  const asked = all["generate"]
  if (!isObject(asked)) throw invalid("generate", asked === undefined ? "is missing" : "is not an object")
  return asked
}

function numberIn(all: JsonObject, field: string, usual: number, min: number, max: number): number {
  const value = options(all)[field] ?? usual
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max)
    throw invalid(`generate.${field}`, `is not a number from ${min} to ${max}`)
  return value
}

function kindOf(all: JsonObject): Kind {
  const kind: Json | undefined = options(all)["kind"]
  const found = typeof kind === "string" && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (found === undefined) throw invalid("generate.kind", `is not one of ${GENERATED_KINDS.join(", ")}`)
  return found
}

/** A value that lives nowhere but in the secret; who uses it reads it. */
export const generatedSteps: Steps = {
  writes: [...new Set(Object.values(KINDS).flatMap(({ writes }) => writes))],

  check(held) {
    const all = objectOf(held.current)
    kindOf(all).parse(all)
  },

  async prove() {},

  async create(held, context) {
    if (held.pending !== undefined) return held.pending
    const all = objectOf(held.current)
    return JSON.stringify({ ...all, ...(await kindOf(all).parse(all)(context.random)) })
  },

  async set() {},

  async test(held) {
    if (held.pending === undefined) throw new RotationFault("pending_missing")
    const pending = objectOf(held.pending)
    const { writes } = kindOf(pending)
    for (const field of writes) textIn(pending, field, 65_536)
    const { privateKey } = pending
    if (typeof privateKey === "string" && privateKey.startsWith("-----BEGIN PRIVATE")) createPrivateKey(privateKey)
  },

  async revoke() {},
}
