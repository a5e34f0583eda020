import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, beforeEach, test } from "node:test"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { SKEW_MS } from "../../src/identity/sigv4.ts"
import { accessKey } from "../kit/access-key.ts"
import { entriesOf } from "../kit/audit.ts"
import { movableClock } from "../kit/clock.ts"
import { createSecret } from "../kit/secrets.ts"
import { type AwsRaw, type Prepared, sendSigned, type Signed } from "../kit/sign-aws.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const NAME = "config/signed"
const VALUE = "worth a signature"
const MINUTE_MS = 60_000

const clock = movableClock()
let stage: Stage<"dev">
let key: IssuedAccessKey

before(async () => {
  stage = await openStage({ dev: ["developer"] }, { clock })
  await createSecret(stage.admin, NAME, VALUE)
  key = await accessKey(stage.people.dev.client)
})
after(() => stage.close())
beforeEach(() => clock.advance(2 * MINUTE_MS))

const host = (): string => `127.0.0.1:${stage.server.port}`

function call(over: Partial<Signed> = {}, change?: (prepared: Prepared) => Prepared): Promise<AwsRaw> {
  const body = JSON.stringify({ SecretId: NAME })
  return sendSigned(stage.server.port, { key, host: host(), now: clock.now(), body, ...over }, change)
}

const lines =
  (each: (name: string, value: string) => [string, string][]) =>
  (prepared: Prepared): Prepared => ({
    ...prepared,
    headers: prepared.headers.flatMap(([name, value]) => each(name, value)),
  })

const changed = (which: string, to: (value: string) => string): ((prepared: Prepared) => Prepared) =>
  lines((name, value) => [[name, name === which ? to(value) : value]])

const twice = (which: string): ((prepared: Prepared) => Prepared) =>
  lines((name, value) =>
    name === which
      ? [
          [name, value],
          [name, value],
        ]
      : [[name, value]],
  )

const beside =
  (name: string, value: string): ((prepared: Prepared) => Prepared) =>
  (prepared) => ({
    ...prepared,
    headers: [...prepared.headers, [name, value]],
  })

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

test("a second implementation's signature is accepted, with the hash of the body or without", async () => {
  const body = JSON.stringify({ SecretId: NAME })
  // One moment for all: a header Date of the second before is not what was signed.
  const now = clock.now()
  const ways: Partial<Signed>[] = [
    {},
    { headers: { "x-amz-content-sha256": sha256(body) } },
    { headers: { "content-type": undefined } },
    { headers: { "x-amz-date": undefined, date: new Date(now).toUTCString() } },
    { headers: { "content-type": "application/x-amz-json-1.1; charset=utf-8" } },
    { unsigned: ["content-type"] },
    { path: "/?a=1&b=%20" },
  ]
  for (const way of ways) {
    const answer = await call({ now, ...way })
    if (way.headers !== undefined && "content-type" in way.headers && way.headers["content-type"] === undefined)
      assert.equal(answer.code, "UnknownOperationException", "signed, but of no type")
    else assert.equal(answer.body["SecretString"], VALUE, `${JSON.stringify(way)} ${answer.text}`)
  }
})

test("what AWS refuses is refused, by AWS's code, and opens nothing", async () => {
  const at = (by: number): Partial<Signed> => ({ now: clock.now() + by })
  const odd: [string, string, Partial<Signed>, ((prepared: Prepared) => Prepared)?][] = [
    [
      "no signature",
      "MissingAuthenticationTokenException",
      {},
      lines((name, value) => (name === "authorization" ? [] : [[name, value]])),
    ],
    [
      "a token",
      "IncompleteSignatureException",
      {},
      changed("authorization", () => `Bearer ${stage.people.dev.client.token}`),
    ],
    ["wrong secret", "InvalidSignatureException", { key: { ...key, secretAccessKey: `${key.secretAccessKey}x` } }],
    ["unknown key", "UnrecognizedClientException", { key: { ...key, accessKeyId: "TYAKAAAAAAAAAAAAAAAA" } }],
    ["a key of AWS's", "UnrecognizedClientException", { key: { ...key, accessKeyId: "AKIAIOSFODNN7EXAMPLE" } }],
    ["a person's id", "IncompleteSignatureException", { key: { ...key, accessKeyId: stage.people.dev.id } }],
    ["stale", "InvalidSignatureException", at(-SKEW_MS - 2_000)],
    ["of the future", "InvalidSignatureException", at(SKEW_MS + 2_000)],
    ["another Region", "InvalidSignatureException", { region: "eu-west-1" }],
    ["another service", "InvalidSignatureException", { service: "s3" }],
    [
      "altered body",
      "InvalidSignatureException",
      {},
      (one) => ({ ...one, body: Buffer.from(JSON.stringify({ SecretId: "config/other1" })) }),
    ],
    [
      "longer body",
      "InvalidSignatureException",
      {},
      (one) => ({ ...one, body: Buffer.concat([one.body, Buffer.from(" ")]) }),
    ],
    ["altered target", "InvalidSignatureException", {}, changed("x-amz-target", () => "secretsmanager.DescribeSecret")],
    ["altered query", "InvalidSignatureException", {}, (one) => ({ ...one, path: "/?a=1" })],
    ["query taken away", "InvalidSignatureException", { path: "/?a=1" }, (one) => ({ ...one, path: "/" })],
    ["presigned", "IncompleteSignatureException", { path: "/?X-Amz-Signature=00" }],
    ["unsigned target", "InvalidSignatureException", { unsigned: ["x-amz-target"] }],
    ["unsigned date", "InvalidSignatureException", { unsigned: ["x-amz-date"] }],
    ["unsigned host", "InvalidSignatureException", { unsigned: ["host"] }],
    ["a header beside", "InvalidSignatureException", {}, beside("x-amz-meta", "1")],
    ["two targets", "InvalidSignatureException", {}, twice("x-amz-target")],
    ["two dates", "IncompleteSignatureException", {}, twice("x-amz-date")],
    ["two signatures", "IncompleteSignatureException", {}, twice("authorization")],
    ["unsigned body", "InvalidSignatureException", { headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }],
    [
      "streamed body",
      "InvalidSignatureException",
      { headers: { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" } },
    ],
    ["another's hash", "InvalidSignatureException", { headers: { "x-amz-content-sha256": sha256("") } }],
    ["a session token", "UnrecognizedClientException", { headers: { "x-amz-security-token": "IQoJb3JpZ2luX2VjE" } }],
  ]
  const reads = await readsSoFar()
  for (const [about, code, over, change] of odd) {
    const answer = await call(over, change)
    assert.deepEqual([answer.status, answer.code], [400, code], `${about}: ${answer.text}`)
    assert.equal(answer.headers["content-type"], "application/x-amz-json-1.1", about)
    assert.match(answer.headers["x-amzn-requestid"] ?? "", /^[0-9a-f-]{36}$/, about)
    assert.ok(Math.abs(Date.parse(answer.headers["date"] ?? "") - Date.now()) < 5_000, about)
    assert.doesNotMatch(answer.text, new RegExp(`${VALUE}|${key.secretAccessKey}`), about)
  }
  assert.equal(await readsSoFar(), reads)
})

async function readsSoFar(): Promise<number> {
  return (await entriesOf(stage.admin, { action: "GET" })).length
}

test("a request may be five minutes old, by the second that it names", async () => {
  const whole = Math.floor(clock.now() / 1000) * 1000
  const old = await call({ now: whole - SKEW_MS + 4_000 })
  assert.equal(old.status, 200, old.text)
})

test("a browser has nothing here: no cookie counts, and nobody is told by CORS", async () => {
  const { token } = stage.people.dev.client
  for (const cookie of [`tyler_session=${token}`, `__Host-tyler_session=${token}`]) {
    const headers = { cookie, origin: stage.server.publicUrl, "x-amz-target": "secretsmanager.GetSecretValue" }
    const body = JSON.stringify({ SecretId: NAME })
    const answer = await fetch(`${stage.server.url}/`, { method: "POST", headers, body })
    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /MissingAuthenticationTokenException/)
    assert.equal(answer.headers.get("access-control-allow-origin"), null)
    assert.equal(answer.headers.get("set-cookie"), null)
    assert.equal(answer.headers.get("cache-control"), "no-store")
  }
})

test("the page at / stays as it is, and another host is refused in AWS's shape", async () => {
  const page = await fetch(`${stage.server.publicUrl}/`, { redirect: "manual" })
  assert.deepEqual([page.status, page.headers.get("location")], [302, "/login"])
  const elsewhere = await call({ host: "other.example" })
  assert.deepEqual([elsewhere.status, elsewhere.code], [400, "InvalidRequestException"])
  for (const method of ["PUT", "PATCH", "DELETE"])
    assert.equal((await fetch(`${stage.server.url}/`, { method })).status, 404)
})

test("failures cost no entry each; their number is on record, and 60 a minute shut their address out", async () => {
  await stage.server.runJobs()
  const before = (await entriesOf(stage.admin)).length
  const wrong = { key: { ...key, secretAccessKey: "wrong" } }
  const codes: string[] = []
  for (let round = 0; round < 70; round++) codes.push((await call(wrong)).code)
  assert.deepEqual(new Set(codes.slice(0, 60)), new Set(["InvalidSignatureException"]))
  assert.deepEqual(new Set(codes.slice(60)), new Set(["ThrottlingException"]))
  assert.equal((await call()).status, 200, "whoever signs rightly is not shut out with them")
  clock.advance(2 * MINUTE_MS)
  await stage.server.runJobs()
  const since = (await entriesOf(stage.admin)).slice(before).filter((entry) => entry.action === "REFUSED_SUMMARY")
  assert.equal(since.length, 1)
  assert.equal(since[0]?.details, "count=70")
})
