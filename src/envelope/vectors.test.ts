import assert from "node:assert/strict"
import { createSecretKey, hash } from "node:crypto"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import type { Random } from "../core/random.ts"
import { reseal } from "../core/secret-value.ts"
import { decodeRecord, encodeRecord } from "./format.ts"
import type { Keyring } from "./keyring.ts"
import { open, rewrap, seal } from "./seal.ts"

interface Vector {
  readonly title: string
  readonly name: string
  readonly secretId: string
  readonly versionId: string
  readonly sealed: string
}
interface Accepted {
  readonly keks: Readonly<Record<string, string>>
  readonly records: readonly (Vector & Record<"kek" | "dataKey" | "iv" | "wrapIv" | "plaintext", string>)[]
  readonly rewrapped: readonly (Vector & Record<"kek" | "wrapIv" | "before", string>)[]
}
interface Rejected {
  readonly keks: Readonly<Record<string, string>>
  readonly records: readonly (Vector & { readonly why: string })[]
}

const accepted = read("accepted") as Accepted
const rejected = read("rejected") as Rejected
const hex = (text: string): Buffer => Buffer.from(text, "hex")

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../spec/vectors/envelope/${name}.json`, import.meta.url), "utf8"))
}

function keyringOf(keks: Readonly<Record<string, string>>, activeKekId: string): Keyring {
  const opened = Object.entries(keks).map(([id, key]) => [id, createSecretKey(hex(key))] as const)
  return { activeKekId, keks: new Map(opened), rowsKey: createSecretKey(Buffer.alloc(32)), logSeed: Buffer.alloc(32) }
}

/** Hands out the given bytes in order. */
function fixed(...draws: Buffer[]): Random {
  return { bytes: () => draws.shift() ?? assert.fail("one draw too many"), uuid: () => assert.fail("no id is drawn") }
}

test("accepted vectors: sealing with the listed randomness gives the listed bytes, and they open", () => {
  assert.ok(accepted.records.length >= 9)
  for (const one of accepted.records) {
    const keyring = keyringOf(accepted.keks, one.kek)
    const random = fixed(hex(one.dataKey), hex(one.iv), hex(one.wrapIv))
    const { keyId, sealed } = seal(keyring, one, hex(one.plaintext), random)
    assert.deepEqual([keyId, sealed.toString("hex")], [one.kek, one.sealed], one.title)
    const value = reseal(open(keyring, one, sealed), (bytes) => Buffer.from(bytes).toString("hex"))
    assert.equal(value, one.plaintext, one.title)
  }
})

test("accepted vectors re-encode to the same bytes", () => {
  for (const one of [...accepted.records, ...accepted.rewrapped]) {
    const decoded = decodeRecord(hex(one.sealed))
    assert.ok("record" in decoded, one.title)
    assert.equal(encodeRecord(decoded.record).toString("hex"), one.sealed, one.title)
  }
})

test("re-wrapped vectors: the listed wrap IV gives the listed bytes", () => {
  for (const one of accepted.rewrapped) {
    const keyring = keyringOf(accepted.keks, one.kek)
    const { sealed } = rewrap(keyring, one, hex(one.before), fixed(hex(one.wrapIv)))
    assert.equal(sealed.toString("hex"), one.sealed, one.title)
  }
})

test("rejected vectors fail at the step they name", () => {
  assert.ok(rejected.records.length >= 25)
  for (const one of rejected.records) {
    const refusal = { code: "internal", detail: `a sealed value does not open: ${one.why}` }
    assert.throws(() => open(keyringOf(rejected.keks, "k_first"), one, hex(one.sealed)), refusal, one.title)
  }
})

/** spec/envelope.md read again, over WebCrypto and a hash, with none of our code: what it opens is not our own echo. */
async function openBySpec(keks: Readonly<Record<string, string>>, one: Vector): Promise<string> {
  const all = hex(one.sealed)
  const idEnd = 2 + all.readUInt8(1)
  const keyId = all.toString("latin1", 2, idEnd)
  const fields = (...parts: (string | Buffer)[]) =>
    Buffer.concat(
      parts.flatMap((part) => {
        const body = Buffer.from(part)
        const count = Buffer.alloc(4)
        count.writeUInt32BE(body.length)
        return [count, body]
      }),
    )
  const unlock = async (key: Buffer, iv: Buffer, context: Buffer, body: Buffer) => {
    const imported = await crypto.subtle.importKey("raw", Uint8Array.from(key), "AES-GCM", false, ["decrypt"])
    const how = { name: "AES-GCM", iv: Uint8Array.from(iv), additionalData: Uint8Array.from(context), tagLength: 128 }
    return Buffer.from(await crypto.subtle.decrypt(how, imported, Uint8Array.from(body)))
  }
  const label = "tyler-envelope/1"
  const wrapContext = fields(label, "data-key", one.secretId, one.versionId, keyId)
  const wrapped = all.subarray(idEnd + 12, idEnd + 60)
  const dataKey = await unlock(hex(keks[keyId] ?? ""), all.subarray(idEnd, idEnd + 12), wrapContext, wrapped)
  const context = fields(label, "payload", one.secretId, one.versionId, one.name)
  const block = hash("sha512", Buffer.concat([Buffer.of(0, 0, 0, 1), dataKey, context]), "buffer")
  const rest = all.subarray(idEnd + 60)
  assert.deepEqual(rest.subarray(0, 32), block.subarray(32), one.title)
  return (await unlock(block.subarray(0, 32), rest.subarray(32, 44), context, rest.subarray(44))).toString("hex")
}

test("a second implementation, written from the specification, opens the accepted vectors", async () => {
  for (const one of accepted.records) assert.equal(await openBySpec(accepted.keks, one), one.plaintext, one.title)
  for (const one of accepted.rewrapped) {
    const before = accepted.records.find((record) => record.sealed === one.before)
    assert.equal(await openBySpec(accepted.keks, one), before?.plaintext, one.title)
  }
})
