import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { after, before, beforeEach, test } from "node:test"
import { fileURLToPath } from "node:url"
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms"
import { type FakeKms, fakeKms } from "../kit/fake-kms.ts"
import { type FakeSts, fakeSts } from "../kit/fake-sts.ts"
import { moto, MOTO_ACCOUNT, MOTO_REGION, noMoto, takeTestCredentials } from "../kit/moto.ts"
import { COMPILED } from "../kit/compiled.ts"

takeTestCredentials()

const ENTRY = fileURLToPath(new URL("../kit/serve.ts", import.meta.url))
const ACCOUNT = "123456789012"
const ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/tyler/i-1`

let kms: FakeKms
let sts: FakeSts
let key: string

before(async () => {
  kms = await fakeKms(MOTO_REGION)
  sts = await fakeSts(MOTO_REGION)
})
after(async () => {
  await kms.close()
  await sts.close()
})
beforeEach(() => {
  key = kms.createKey()
  const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = process.env
  sts.keys.set(id, { secretAccessKey, arn: ARN, account: ACCOUNT })
  sts.clockOff = 0
})

interface Check {
  readonly name: string
  readonly state: string
  readonly text: string
  readonly permission: string | null
  readonly tried: string
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** `tyler-server aws doctor`, as a process of its own, beside whatever runs. */
function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env
  const usual = {
    AWS_REGION: MOTO_REGION,
    AWS_ENDPOINT_URL_KMS: kms.origin,
    AWS_ENDPOINT_URL_STS: sts.origin,
    AWS_ACCOUNT_ID: ACCOUNT,
    KMS_KEY_ID: key,
    AWS_EC2_METADATA_DISABLED: "true",
  }
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ENTRY, "aws", "doctor", ...args], {
    env: { PATH, ...COMPILED, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...usual, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let [out, err] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text))
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })))
}

async function checks(env: Readonly<Record<string, string>> = {}): Promise<Readonly<Record<string, Check>> & object> {
  const { code, out, err } = await doctor(["--json"], env)
  const { ok, checks: all } = JSON.parse(out || err) as { ok: boolean; checks: Check[] }
  assert.equal(code, ok ? 0 : 1)
  assert.equal(
    ok,
    all.every(({ state }) => state !== "fault"),
  )
  return Object.fromEntries(all.map((one) => [one.name, one]))
}

test("all is well: what was tried, and what it needs in IAM's terms", async () => {
  const { code, out } = await doctor([])
  assert.equal(code, 0, out)
  const lines = out.trimEnd().split("\n")
  assert.equal(lines.length, 8, out)
  for (const line of lines) assert.match(line, /^ok: .* \[.*tried: .*\]$/)
  assert.match(out, new RegExp(`^ok: identity: ${ARN} `, "m"))
  for (const permission of ["kms:DescribeKey", "kms:Encrypt", "kms:Decrypt"])
    assert.match(out, new RegExp(`\\(KMS_KEY_ID ${key}\\): .*needs ${permission}; tried: `))
  assert.match(out, new RegExp(`STS answers at ${new URL(sts.origin).host}, KMS at ${kms.origin}`))
})

test("another account, no account", async () => {
  const wrong = await checks({ AWS_ACCOUNT_ID: "999999999999" })
  assert.deepEqual(
    [wrong["identity"]?.state, wrong["identity"]?.text],
    ["fault", `${ARN} is in account ${ACCOUNT}, and AWS_ACCOUNT_ID is 999999999999`],
  )
  assert.equal(wrong["kms unwrap"]?.state, "ok")
})

test("each state of the key, and each permission that is missing, is a line of its own", async () => {
  kms.mood(key, "DisabledException")
  const disabled = await checks()
  assert.match(disabled["kms key"]?.text ?? "", /is Disabled$/)
  assert.equal(disabled["kms wrap"]?.text, "The KMS key is disabled; enable it")
  kms.mood(key, "AccessDeniedException")
  const denied = await checks()
  assert.deepEqual([denied["kms key"]?.state, denied["kms wrap"]?.state], ["ok", "fault"])
  assert.match(denied["kms wrap"]?.text ?? "", /kms:Encrypt/)
  kms.mood(key, "wrong")
  assert.equal((await checks())["kms unwrap"]?.text, "another key comes back")
  kms.mood(key, undefined)
  const missing = await checks({ KMS_NEXT_KEY_ID: "alias/nobody" })
  assert.match(missing["kms key"]?.text ?? "", /There is no such KMS key/)
})

test("a clock that is off: noted from a minute on, a fault from five", async () => {
  sts.clockOff = 30_000
  assert.equal((await checks())["clock"]?.state, "ok")
  sts.clockOff = -90_000
  const { state, text } = (await checks())["clock"] ?? {}
  assert.equal(state, "note")
  assert.match(text ?? "", /^(89|90|91) s ahead of AWS's$/)
  sts.clockOff = 400_000
  assert.match((await checks())["clock"]?.text ?? "", /behind AWS's: AWS refuses signatures from 300 s on$/)
})

test("wrong credentials, none, nobody there, no Region, wrong words", async () => {
  const wrong = await checks({ AWS_SECRET_ACCESS_KEY: "another" })
  assert.match(wrong["identity"]?.text ?? "", /does not accept this server's credentials/)
  assert.equal(wrong["clock"]?.state, "ok", "also a refusal says what time it is")
  const none = await checks({ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" })
  assert.match(none["identity"]?.text ?? "", /or there are none/)
  const nobody = await checks({ AWS_ENDPOINT_URL_STS: "http://127.0.0.1:1" })
  assert.match(nobody["identity"]?.text ?? "", /AWS cannot be reached/)
  const { code, out } = await doctor([], { AWS_REGION: "" })
  assert.deepEqual([code, out], [2, ""])
  for (const args of [["--xml"], ["--json", "more"]]) assert.equal((await doctor(args)).code, 2)
})

// The emulator alone: our own endpoint plays no KMS. Its Secrets Manager is doctored in store-adopt.test.ts, by both.
test("with an AWS of somebody else's making", { skip: noMoto }, async () => {
  const origin = await moto()
  const client = new KMSClient({ region: MOTO_REGION, endpoint: origin })
  // AWS has a default and says it; moto only says what it was given.
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeyUsage: "ENCRYPT_DECRYPT" }))
  client.destroy()
  const env = { AWS_ENDPOINT_URL_KMS: origin, AWS_ENDPOINT_URL_STS: origin, AWS_ACCOUNT_ID: MOTO_ACCOUNT }
  const all = await checks({ ...env, KMS_KEY_ID: KeyMetadata?.Arn ?? "" })
  assert.deepEqual(
    Object.values(all).map(({ name, state }) => [name, state]),
    ["region", "identity", "endpoint", "clock", "kms key", "kms wrap", "kms unwrap", "kms context"].map((name) => [
      name,
      "ok",
    ]),
  )
})
