import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import { kmsRootKey } from "../../src/adapters/aws/kms.ts"
import { TylerError } from "../../src/core/errors.ts"
import { systemRandom } from "../../src/core/random.ts"
import type { RootKey } from "../../src/envelope/kek.ts"
import { initialKeys, openKeyring } from "../../src/envelope/keyring.ts"
import { type FakeKms, fakeKms, type KmsMood } from "../kit/fake-kms.ts"
import { moto, MOTO_REGION, noMoto, takeTestCredentials } from "../kit/moto.ts"

takeTestCredentials()

/** A KMS with two keys, the first of which has the alias `alias/one`. */
interface Kms {
  readonly origin: string
  readonly one: string
  readonly two: string
}

const CONTEXT = { purpose: "kek", keyId: "k_0123456789abcdef" }
const KEY = Buffer.alloc(32, 5)

function rootOf(origin: string, keyId: string, environment = "production"): Promise<RootKey> {
  const endpoints = { kms: origin, sts: null, secretsmanager: null }
  return kmsRootKey({ place: { region: MOTO_REGION, endpoints }, keyId, environment })
}

/** @returns the cause that callers and the log are told. */
async function causeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof TylerError, String(error))
  assert.equal(error.code, "unavailable")
  assert.doesNotMatch(`${error.message} ${error.detail} ${JSON.stringify(error.facts)}`, /canary/)
  return error.facts["cause"]
}

/** `otherKey`: AWS says IncorrectKeyException when the pinned key is not the one that encrypted; moto denies access. */
const SUITES = [
  { name: "moto", skip: noMoto, start: motoKms, otherKey: "kms_access_denied" },
  { name: "the fake", skip: false, start: fakeAsSuite, otherKey: "kms_incorrect_key" },
] as const

let fake: FakeKms

async function fakeAsSuite(): Promise<Kms> {
  const [one, two] = [fake.createKey(), fake.createKey()]
  fake.alias("alias/one", one)
  return { origin: fake.origin, one, two }
}

async function motoKms(): Promise<Kms> {
  const origin = await moto()
  const client = new KMSClient({ region: MOTO_REGION, endpoint: origin })
  const create = async (): Promise<string> => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
    return KeyMetadata?.Arn ?? ""
  }
  const [one, two] = [await create(), await create()]
  await client.send(new CreateAliasCommand({ AliasName: "alias/one", TargetKeyId: one }))
  client.destroy()
  return { origin, one, two }
}

before(async () => {
  fake = await fakeKms(MOTO_REGION)
})
after(() => fake.close())

for (const { name, skip, start, otherKey } of SUITES) {
  describe(`a KMS key as the root of trust: ${name}`, { skip }, () => {
    let kms: Kms
    before(async () => {
      kms = await start()
    })

    test("id, alias and ARN name the same key", async () => {
      const ids = [kms.one, kms.one.slice(kms.one.lastIndexOf("/") + 1), "alias/one"]
      const roots = await Promise.all(ids.map((id) => rootOf(kms.origin, id)))
      assert.deepEqual(new Set(roots.map(({ check }) => Buffer.from(check).toString("hex"))).size, 1)
      for (const { name: root } of roots) assert.deepEqual(root, { kind: "kms", keyArn: kms.one })
      assert.notDeepEqual((await rootOf(kms.origin, kms.two)).check, roots[0]?.check)
    })

    test("a keyring is born under it and opens again", async () => {
      const { wrapper } = await rootOf(kms.origin, kms.one)
      const rows = await initialKeys(wrapper, systemRandom, 1)
      const first = await openKeyring(rows, wrapper)
      const again = await openKeyring(rows, (await rootOf(kms.origin, "alias/one")).wrapper)
      assert.deepEqual(again.logSeed, first.logSeed)
      assert.equal(again.rowsKey.equals(first.rowsKey), true)
    })

    test("what is bound: environment, key id, purpose", async () => {
      const { wrapper } = await rootOf(kms.origin, kms.one)
      const wrapped = await wrapper.wrap(KEY, CONTEXT)
      assert.deepEqual(await wrapper.unwrap(wrapped, CONTEXT), new Uint8Array(KEY))
      const elsewhere = (await rootOf(kms.origin, kms.one, "development")).wrapper
      for (const attempt of [
        () => elsewhere.unwrap(wrapped, CONTEXT),
        () => wrapper.unwrap(wrapped, { ...CONTEXT, keyId: "k_another" }),
        () => wrapper.unwrap(wrapped, { ...CONTEXT, purpose: "rows" }),
      ])
        assert.equal(await causeOf(attempt()), "kms_invalid_ciphertext")
    })

    test("another key's work is refused, and so is a key that is not there", async () => {
      const wrapped = await (await rootOf(kms.origin, kms.one)).wrapper.wrap(KEY, CONTEXT)
      const other = await rootOf(kms.origin, kms.two)
      assert.equal(await causeOf(other.wrapper.unwrap(wrapped, CONTEXT)), otherKey)
      const nobody = kms.one.replace(/[^/]*$/, "00000000-0000-0000-0000-000000000000")
      assert.equal(await causeOf(rootOf(kms.origin, nobody)), "kms_not_found")
    })
  })
}

const MOODS: readonly (readonly [KmsMood, string])[] = [
  ["DisabledException", "kms_disabled"],
  ["KMSInvalidStateException", "kms_invalid_state"],
  ["NotFoundException", "kms_not_found"],
  ["KeyUnavailableException", "kms_key_unavailable"],
  ["AccessDeniedException", "kms_access_denied"],
  ["ThrottlingException", "kms_throttled"],
  ["KMSInternalException", "kms_unreachable"],
  ["InvalidKeyUsageException", "kms_key_usage"],
  ["UnheardOfException", "kms_failed"],
  ["wrong", "kms_wrong_answer"],
  ["slow", "kms_unreachable"],
]

describe("each state of a key has its own words", { concurrency: true }, () => {
  for (const [mood, cause] of MOODS)
    test(mood, async () => {
      const arn = fake.createKey()
      const { wrapper } = await rootOf(fake.origin, arn)
      const wrapped = await wrapper.wrap(KEY, CONTEXT)
      fake.mood(arn, mood)
      assert.equal(await causeOf(wrapper.unwrap(wrapped, CONTEXT)), cause)
      fake.mood(arn, undefined)
      assert.deepEqual(await wrapper.unwrap(wrapped, CONTEXT), new Uint8Array(KEY))
    })
})

test("a KMS that is not there at all", async () => {
  const gone = await fakeKms()
  await gone.close()
  assert.equal(await causeOf(rootOf(gone.origin, "alias/one")), "kms_unreachable")
})
