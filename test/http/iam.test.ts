import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { SignatureV4 } from "@smithy/signature-v4"
import type { IamBindingItem, IamBindingsAnswer, IamLoginBody } from "../../src/api/iam.ts"
import type { WorkloadLoginAnswer } from "../../src/api/workloads.ts"
import { ASKING_MOST } from "../../src/adapters/aws/sts.ts"
import { type AwsCredentials, signIdentity } from "../../src/client/iam-signature.ts"
import { IAM_BODY, IAM_CONTENT_TYPE } from "../../src/core/iam-request.ts"
import { entriesOf, entryOf } from "../kit/audit.ts"
import { clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { errorXml, type FakeSts, fakeSts, identityXml } from "../kit/fake-sts.ts"
import { Sha256 } from "../kit/sha256.ts"
import { moto, MOTO_ACCOUNT, MOTO_REGION, noMoto } from "../kit/moto.ts"
import { addPerson, addProgram, type Program } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { runPast } from "../kit/tamper.ts"

const REGION = MOTO_REGION
const ACCOUNT = "111122223333"
const ROLE = `arn:aws:iam::${ACCOUNT}:role/deployer`
const PATH = "/api/iam-bindings"
const NAME = "config/plain"

/** Of a session of the role `deployer`, with a token as roles have. */
const CREDENTIALS: AwsCredentials & { sessionToken: string } = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: "FwoGZXIvYXdzEXAMPLE//////////wEaDEXAMPLETOKEN==",
}
const USER = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "anotherSecretKeyThatIsLongEnough/1",
}

const clock = movableClock()
let sts: FakeSts
let stage: Stage<never>
let program: Program
let binding: IamBindingItem
let serverId: string

before(async () => {
  sts = await fakeSts(REGION)
  stage = await openStage({}, { clock, env: { AWS_REGION: REGION, AWS_ENDPOINT_URL_STS: sts.origin } })
  serverId = new URL(stage.server.publicUrl).host
  await createSecret(stage.admin, NAME, "value")
  program = await addProgram(stage.admin, "shop", ["developer"])
  binding = await bind(ROLE)
})
after(async () => {
  await stage.close()
  await sts.close()
})
beforeEach(() => {
  // Failures of one address are cut off after a while; that is another test's subject.
  clock.advance(61_000)
  sts.mood = undefined
  sts.keys.clear()
  is(CREDENTIALS, `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/i-0123456789abcdef0`)
})

/** What the fake STS knows of some credentials. */
function is({ accessKeyId, ...rest }: AwsCredentials, arn: string, account = ACCOUNT): void {
  const { secretAccessKey, sessionToken } = rest
  sts.keys.set(accessKeyId, { secretAccessKey, arn, account, ...(sessionToken ? { sessionToken } : {}) })
}

async function bind(arn: string, accountId = program.id): Promise<IamBindingItem> {
  const answer = await stage.admin.post<IamBindingItem>(PATH, { arn, accountId, reason: REASON })
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}

const seconds = new Set<number>()

/** Signed in the newest second that none was signed in: the same second would be the same signature. */
function sign(credentials: AwsCredentials = CREDENTIALS, over: Partial<Parameters<typeof signIdentity>[1]> = {}) {
  let second = Math.floor(clock.now() / 1000)
  while (seconds.has(second)) second--
  seconds.add(second)
  const now = second * 1000
  return signIdentity(credentials, { region: REGION, serverId, now, stsEndpoint: sts.origin, ...over })
}

const logIn = (body: object) =>
  stage.server.anonymous.post<WorkloadLoginAnswer & Problem & { field?: string }>("/api/auth/iam", body)

async function accepted(body: IamLoginBody, about = ""): Promise<WorkloadLoginAnswer> {
  const answer = await logIn(body)
  assert.equal(answer.status, 200, `${about} ${answer.text}`)
  return answer.body
}

/** Refused with the one answer for whatever lies with AWS or a binding; the entry says which. */
async function refusedAs(body: object, cause: string, about = ""): Promise<void> {
  const answer = await logIn(body)
  assert.deepEqual(
    [answer.status, answer.body.code, answer.body.error],
    [401, "unauthenticated", "The signature is not accepted"],
    `${about} ${answer.text}`,
  )
  const entry = await entryOf(stage.admin, answer.body.requestId)
  assert.deepEqual([entry.action, entry.result], ["IAM_LOGIN", "DENIED"])
  assert.equal(/ refused=(.*)$/.exec(entry.reason ?? "")?.[1], cause, about)
}

/** Refused before AWS is asked, in words. */
async function faulty(body: object, words: RegExp, about = ""): Promise<void> {
  const before = sts.seen.length
  const answer = await logIn(body)
  assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"], `${about} ${answer.text}`)
  assert.match(answer.body.error, words, about)
  assert.equal(sts.seen.length, before, `${about}: AWS was asked`)
}

test("a signed request opens a session of 15 minutes, on record with the caller's ARN", async () => {
  const { token, assurance } = await accepted(sign())
  assert.equal(assurance, "token")
  const client = clientOf(stage.server.url, token)
  const me = await client.get("/api/me")
  assert.deepEqual([me.body["username"], me.body["assurance"]], ["shop", "token"])
  assert.equal((await client.post(`/api/secrets/${NAME}/access`, {})).status, 200, "with the standing reason")
  const [entry] = (await entriesOf(stage.admin, { action: "IAM_LOGIN" })).toReversed()
  assert.equal(
    entry?.reason,
    `key=${CREDENTIALS.accessKeyId} arn=arn:aws:sts::${ACCOUNT}:assumed-role/deployer/i-0123456789abcdef0`,
  )
  assert.deepEqual([entry?.user_id, entry?.decision, entry?.resource_name], [program.id, "iam", program.id])
  assert.match(entry?.details ?? "", new RegExp(`^binding=${binding.id} session=[0-9a-f-]{36}$`))
  clock.advance(14 * 60_000)
  assert.equal((await read(client, NAME)).status, 200)
  clock.advance(60_001)
  assert.equal((await read(client, NAME)).status, 401)
})

test("what reaches STS is ours but for four values, whatever else the caller sends along", async () => {
  const body = sign()
  const start = sts.seen.length
  const headers = { accept: "application/json", "x-amz-target": "Evil", "x-forwarded-host": "evil.example" }
  const answer = await fetch(`${stage.server.url}/api/auth/iam`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  })
  assert.equal(answer.status, 200)
  const [seen] = sts.seen.slice(start)
  assert.equal(seen?.path, "POST /")
  assert.equal(seen?.body, "Action=GetCallerIdentity&Version=2011-06-15")
  const sent = new Map<string, string>()
  for (let at = 0; at < (seen?.headers.length ?? 0); at += 2)
    sent.set(seen?.headers[at]?.toLowerCase() ?? "", seen?.headers[at + 1] ?? "")
  assert.equal(sent.get("host"), new URL(sts.origin).host)
  assert.equal(sent.get("content-type"), IAM_CONTENT_TYPE)
  assert.equal(sent.get("accept"), "text/xml")
  assert.equal(sent.get("x-tyler-server-id"), serverId)
  for (const name of ["x-amz-target", "x-forwarded-host"]) assert.equal(sent.has(name), false)
  assert.equal(seen?.headers.filter((name) => name.toLowerCase() === "authorization").length, 1)
})

test("requests that AWS's own signer signed are taken, with and without a token", async () => {
  is(USER, `arn:aws:iam::${ACCOUNT}:user/teams/ci/robot`)
  await bind(`arn:aws:iam::${ACCOUNT}:user/robot`)
  for (const { accessKeyId, secretAccessKey, sessionToken } of [CREDENTIALS, USER] as AwsCredentials[]) {
    const signer = new SignatureV4({
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
      region: REGION,
      service: "sts",
      sha256: Sha256,
    })
    const { hostname, port, host } = new URL(sts.origin)
    const { headers } = await signer.sign(
      {
        method: "POST",
        protocol: "http:",
        hostname,
        port: Number(port),
        path: "/",
        query: {},
        headers: { host, "content-type": IAM_CONTENT_TYPE, "x-tyler-server-id": serverId },
        body: IAM_BODY,
      },
      { signingDate: new Date(clock.now()) },
    )
    const get = (name: string) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
    assert.match(get("authorization") ?? "", /x-amz-content-sha256/)
    const token = get("x-amz-security-token")
    await accepted({
      authorization: get("authorization") ?? "",
      amzDate: get("x-amz-date") ?? "",
      ...(token === undefined ? {} : { securityToken: token }),
      serverId,
    })
  }
})

test("our signer and AWS's agree", async () => {
  const now = Date.parse("2026-11-24T12:00:00Z")
  const ours = signIdentity(USER, { region: "us-east-1", serverId: "tyler.example.com", now })
  // Made with botocore 1.43.11: SigV4Auth over AWSRequest("POST", "https://sts.us-east-1.amazonaws.com/", ...).
  assert.equal(ours.amzDate, "20261124T120000Z")
  assert.equal(/Signature=(.*)$/.exec(ours.authorization)?.[1], BOTOCORE)
})

const BOTOCORE = "0581d3da1365cc66da5bb32c8c77802499e2bb0d907f01a5ce91719510dc428f"

test("each signature is accepted once, also of thirty at once, and AWS is not asked about it again", async () => {
  const body = sign()
  const answers = await Promise.all(Array.from({ length: 30 }, () => logIn(body)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.ok(answers.every(({ status, body: { code } }) => status === 200 || code === "unauthenticated"))
  clock.advance(61_000)
  const asked = sts.seen.length
  await refusedAs(body, "replayed")
  assert.equal(sts.seen.length, asked)
  clock.advance(240_000)
  await faulty(body, /more than 5 minutes/)
})

test("signatures that AWS does not accept", async () => {
  const good = sign()
  const flipped = good.authorization.replace(/.$/, (last) => (last === "0" ? "1" : "0"))
  await refusedAs({ ...good, authorization: flipped }, "aws:SignatureDoesNotMatch", "altered signature")
  const stranger = sign({ ...CREDENTIALS, accessKeyId: "ASIANOBODYNOBODY1234" })
  await refusedAs(stranger, "aws:InvalidClientTokenId", "unknown key")
  await refusedAs(sign({ ...CREDENTIALS, secretAccessKey: "another" }), "aws:SignatureDoesNotMatch", "wrong secret")
  await refusedAs({ ...sign(), securityToken: "another" }, "aws:InvalidClientTokenId", "another token")
  await refusedAs(sign(CREDENTIALS, { stsEndpoint: "http://evil.example" }), "aws:SignatureDoesNotMatch", "other host")
  const later = sign()
  const moved = `${later.amzDate.slice(0, 13)}${later.amzDate[13] === "0" ? "1" : "0"}${later.amzDate.slice(14)}`
  await refusedAs({ ...later, amzDate: moved }, "aws:SignatureDoesNotMatch", "altered time")
  await accepted(good, "and the right one still works")
})

test("a signature for another server, Region or service is refused before AWS is asked", async () => {
  await faulty(sign(CREDENTIALS, { serverId: "other.example" }), /^serverId must be localhost:\d+$/)
  await faulty({ ...sign(CREDENTIALS, { serverId: "other.example" }), serverId: serverId.toUpperCase() }, /^serverId/)
  await faulty(sign(CREDENTIALS, { region: "us-east-1" }), /^authorization must be signed for sts in eu-central-1$/)
  const body = sign()
  await faulty({ ...body, authorization: body.authorization.replace("/sts/", "/iam/") }, /must be signed for sts/)
  // The server id is ours, but was not signed: whoever got the rest elsewhere put it there.
  const bare = body.authorization.replace(";x-tyler-server-id", "")
  await faulty({ ...body, authorization: bare }, /must sign the header x-tyler-server-id/)
})

test("headers cannot be smuggled", async () => {
  const body = sign()
  const signing = (headers: string) => body.authorization.replace(/SignedHeaders=[^,]*/, `SignedHeaders=${headers}`)
  const all = "content-type;host;x-amz-date;x-amz-security-token;x-tyler-server-id"
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ["a header more", { authorization: signing(`accept;${all}`) }, /must not sign the header accept/],
    ["target", { authorization: signing(all.replace("x-tyler", "x-amz-target;x-tyler")) }, /x-amz-target/],
    ["twice", { authorization: signing(`${all};x-tyler-server-id`) }, /in order, each once/],
    ["out of order", { authorization: signing("host;content-type;x-amz-date;x-tyler-server-id") }, /in order/],
    ["upper case", { authorization: signing(all.replace("host", "Host")) }, /must be AWS4-HMAC-SHA256/],
    ["no host", { authorization: signing(all.replace("host;", "")) }, /must sign the header host/],
    ["no date", { authorization: signing(all.replace("x-amz-date;", "")) }, /must sign the header x-amz-date/],
    ["token not signed", { authorization: signing(all.replace("x-amz-security-token;", "")) }, /^securityToken/],
    ["token not sent", { securityToken: undefined }, /^securityToken must be signed/],
    ["line feed", { authorization: `${body.authorization}\r\nHost: evil.example` }, /authorization/],
    ["line feed in the id", { serverId: `${serverId}\r\nx-a: b` }, /serverId/],
    ["line feed in the token", { securityToken: "a\nb" }, /securityToken/],
    ["NUL", { securityToken: "a\0b" }, /securityToken/],
    ["beyond ASCII", { securityToken: "aéb" }, /securityToken/],
    ["two authorizations", { authorization: `${body.authorization}, ${body.authorization}` }, /must be AWS4/],
    ["no space", { authorization: body.authorization.replaceAll(", ", ",") }, /must be AWS4/],
    ["upper-case signature", { authorization: `${body.authorization.slice(0, -1)}A` }, /must be AWS4/],
    ["asymmetric", { authorization: body.authorization.replace("AWS4-HMAC", "AWS4-ECDSA-P256") }, /must be AWS4/],
    ["bearer", { authorization: "Bearer abc" }, /must be AWS4/],
    ["no such day", { amzDate: "20261399T120000Z" }, /^amzDate must be a time/],
    ["another day", { amzDate: body.amzDate.replace(/^\d{8}/, "20010101") }, /names another day|5 minutes/],
    ["a field more", { host: "evil.example" }, /host/],
    ["url", { url: "https://evil.example/" }, /url/],
    ["a list", { authorization: [body.authorization] }, /authorization/],
    ["too long", { securityToken: "a".repeat(8193) }, /securityToken/],
  ]
  for (const [about, over, words] of cases) {
    clock.advance(100)
    await faulty({ ...body, ...over }, words, about)
  }
  clock.advance(61_000)
  await accepted(sign())
})

test("the clock: 5 minutes either way, and not a second more", async () => {
  const at = (ms: number) => {
    // STS's times have whole seconds.
    const now = Math.floor(clock.now() / 1000) * 1000
    return signIdentity(CREDENTIALS, { region: REGION, serverId, now: now + ms, stsEndpoint: sts.origin })
  }
  await accepted(at(-298_000))
  await accepted(at(300_000))
  await faulty(at(-301_000), /^amzDate is more than 5 minutes from the server's clock$/)
  await faulty(at(302_000), /^amzDate is more than 5 minutes/)
})

test("session names grant nothing, and callers that cannot be bound are nobody", async () => {
  const cases: readonly (readonly [string, string])[] = [
    [`arn:aws:sts::${ACCOUNT}:assumed-role/reader/deployer`, "binding"],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/Deployer/s`, "binding"],
    [`arn:aws:sts::999999999999:assumed-role/deployer/s`, "kind"],
    [`arn:aws-cn:sts::${ACCOUNT}:assumed-role/deployer/s`, "binding"],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/deployer`, "kind"],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/x/deployer/s`, "kind"],
    [`arn:aws:sts::${ACCOUNT}:federated-user/deployer`, "kind"],
    [`arn:aws:iam::${ACCOUNT}:role/deployer`, "kind"],
    [`arn:aws:iam::${ACCOUNT}:user/deployer`, "binding"],
    [`arn:aws:iam::${ACCOUNT}:root`, "kind"],
    [`arn:evil:sts::${ACCOUNT}:assumed-role/deployer/s`, "kind"],
  ]
  for (const [arn, cause] of cases) {
    is(CREDENTIALS, arn)
    await refusedAs(sign(), cause, arn)
  }
  is(CREDENTIALS, `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/eve@example.com`)
  await accepted(sign())
})

test("answers that are not exactly the document are not read", async () => {
  const right = identityXml({ arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/s`, account: ACCOUNT })
  const evil = `<Arn>arn:aws:sts::${ACCOUNT}:assumed-role/deployer/s</Arn>`
  const cases: readonly (readonly [string, { status?: number; type?: string; body: string }])[] = [
    ["doctype", { body: `<!DOCTYPE a [<!ENTITY e "x">]>${right}` }],
    ["entity", { body: right.replace("/s<", "/&amp;<") }],
    ["numeric entity", { body: right.replace("/s<", "/&#115;<") }],
    ["comment", { body: right.replace("deployer/s", "deployer<!-- -->/s") }],
    ["CDATA", { body: right.replace("deployer/s", "<![CDATA[deployer/s]]>") }],
    ["text before", { body: `x${right}` }],
    ["text after", { body: `${right}x` }],
    ["two documents", { body: right + right }],
    ["second ARN", { body: right.replace("<UserId>", `${evil}<UserId>`) }],
    ["ARN twice for an account", { body: right.replace(/<Account>.*<\/Account>/, evil) }],
    ["nested", { body: right.replace("<UserId>", `<UserId>${evil}`) }],
    ["ARN outside", { body: right.replace("<ResponseMetadata>", `${evil}<ResponseMetadata>`) }],
    ["attribute", { body: right.replace("<Arn>", '<Arn a="b">') }],
    ["prefix", { body: right.replaceAll("<Arn>", "<a:Arn>").replaceAll("</Arn>", "</a:Arn>") }],
    ["another namespace", { body: right.replace("sts.amazonaws.com", "evil.example") }],
    ["no account", { body: right.replace(/<Account>.*<\/Account>/, "") }],
    ["short account", { body: right.replace(ACCOUNT + "</Account>", "1111</Account>") }],
    [
      "crossed tags",
      { body: right.replace("</Arn>", "</UserId>").replace("</UserId>\n    <Account", "</Arn>\n<Account") },
    ],
    ["another action's", { body: right.replaceAll("GetCallerIdentity", "AssumeRole") }],
    ["upper case", { body: right.replaceAll("Arn>", "ARN>") }],
    ["empty", { body: "" }],
    ["JSON", { type: "application/json", body: JSON.stringify({ GetCallerIdentityResponse: right }) }],
    ["JSON by another name", { body: JSON.stringify({ Arn: ROLE }) }],
    ["HTML", { type: "text/html", body: right }],
    ["created", { status: 201, body: right }],
    ["65,537 bytes", { body: right.padEnd(65_537) }],
  ]
  for (const [about, { status = 200, type = "text/xml", body }] of cases) {
    sts.mood = { status, type, body }
    const answer = await logIn(sign())
    assert.deepEqual([answer.status, answer.body.cause], [503, "sts_odd_answer"], `${about} ${answer.text}`)
  }
  for (const body of [right, right.padEnd(65_536), `<?xml version="1.0" encoding="UTF-8"?>\n${right}`]) {
    sts.mood = { status: 200, type: "text/xml;charset=UTF-8", body }
    await accepted(sign())
  }
})

test("no redirect is followed; an AWS that is down, slow, endless or throttled is 503, and nothing is used up", async (t) => {
  const elsewhere = await fakeSts(REGION)
  t.after(() => elsewhere.close())
  for (const status of [301, 302, 303, 307, 308]) {
    sts.mood = { status, location: `${elsewhere.origin}/` }
    const answer = await logIn(sign())
    assert.deepEqual([answer.status, answer.body.cause], [503, "sts_odd_answer"], answer.text)
  }
  assert.equal(elsewhere.seen.length, 0)
  const body = sign()
  const moods = [
    ["endless", "sts_odd_answer"],
    [{ status: 500 }, "sts_unreachable"],
    [{ status: 429 }, "sts_throttled"],
    [{ status: 400, body: errorXml("Throttling") }, "sts_throttled"],
    ["slow", "sts_unreachable"],
  ] as const
  for (const [mood, cause] of moods) {
    sts.mood = mood
    const answer = await logIn(body)
    assert.deepEqual([answer.status, answer.body.code, answer.body.cause], [503, "unavailable", cause], answer.text)
  }
  const asked = sts.seen.length
  const waiting = Array.from({ length: ASKING_MOST }, () => logIn(sign()))
  while (sts.seen.length < asked + ASKING_MOST) await pause(5)
  const turned = await logIn(sign())
  assert.deepEqual([turned.status, turned.body.code], [503, "busy"])
  for (const { body: late } of await Promise.all(waiting)) assert.equal(late.cause, "sts_unreachable")
  sts.mood = undefined
  await accepted(body)
})

test("a binding: one for an ARN, in one spelling, to a program, gone at once when it is removed", async () => {
  const post = (body: object) => stage.admin.post<IamBindingItem & Problem>(PATH, { reason: REASON, ...body })
  const again = await post({ arn: ROLE, accountId: program.id })
  assert.deepEqual([again.status, again.body.code], [409, "iam_binding_exists"])
  const withPath = await post({ arn: `arn:aws:iam::${ACCOUNT}:role/teams/x/other`, accountId: program.id })
  assert.equal(withPath.body.error, `arn must be without its path: arn:aws:iam::${ACCOUNT}:role/other`)
  for (const arn of [
    `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/s`,
    `arn:aws:iam::${ACCOUNT}:root`,
    `arn:aws:iam::${ACCOUNT}:role/*`,
    `arn:aws:iam::*:role/deployer`,
    `arn:aws:iam::${ACCOUNT}:role/`,
    `arn:aws:iam::${ACCOUNT}:role/${"a".repeat(65)}`,
    `${ROLE}\n`,
    "deployer",
  ]) {
    const answer = await post({ arn, accountId: program.id })
    assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"], arn)
  }
  const person = await addPerson(stage.admin, "grace", ["developer"])
  assert.equal((await post({ arn: `${ROLE}2`, accountId: person.id })).status, 400)
  assert.equal((await post({ arn: `${ROLE}2`, accountId: "nobody" })).status, 400)
  assert.equal((await person.client.post(PATH, { arn: `${ROLE}2`, accountId: program.id, reason: REASON })).status, 403)

  const made = await bind(`${ROLE}2`)
  is(CREDENTIALS, `arn:aws:sts::${ACCOUNT}:assumed-role/deployer2/s`)
  await accepted(sign())
  const list = (await stage.admin.get<IamBindingsAnswer>(PATH)).body.iamBindings
  assert.deepEqual(
    list.map(({ arn }) => arn),
    list.map(({ arn }) => arn).toSorted(),
  )
  assert.equal((await stage.admin.delete(`${PATH}/${made.id}`, { reason: REASON })).status, 200)
  assert.equal((await stage.admin.delete(`${PATH}/${made.id}`, { reason: REASON })).status, 404)
  await refusedAs(sign(), "binding")
})

test("a program that is disabled, and a row that was tampered with, open nothing", async () => {
  const other = await addProgram(stage.admin, "other", ["developer"])
  const row = await bind(`${ROLE}3`, other.id)
  is(CREDENTIALS, `arn:aws:sts::${ACCOUNT}:assumed-role/deployer3/s`)
  await accepted(sign())
  await runPast(stage.server.folder, "UPDATE iam_binding SET account_id = ?1 WHERE id = ?2", program.id, row.id)
  await refusedAs(sign(), "binding", "another account")
  await runPast(stage.server.folder, "UPDATE iam_binding SET account_id = ?1 WHERE id = ?2", other.id, row.id)
  await accepted(sign())
  await runPast(stage.server.folder, "UPDATE principal SET disabled = ?1 WHERE id = ?2", ENGINE_TRUE, other.id)
  assert.equal((await logIn(sign())).status, 401)
})

const ENGINE_TRUE = process.env["TYLER_TEST_ENGINE"] === "postgres" ? "true" : 1

test("two hundred bindings, and not one more", async () => {
  const { iamBindings } = (await stage.admin.get<IamBindingsAnswer>(PATH)).body
  for (let at = iamBindings.length; at < 200; at++) await bind(`arn:aws:iam::${ACCOUNT}:role/many-${at}`)
  const full = await stage.admin.post<Problem>(PATH, { arn: `${ROLE}-last`, accountId: program.id, reason: REASON })
  assert.deepEqual([full.status, full.body.code], [409, "too_many_iam_bindings"])
})

test("with an AWS of somebody else's making", { skip: noMoto }, async () => {
  const origin = await moto()
  const alone = await openStage({}, { env: { AWS_REGION: REGION, AWS_ENDPOINT_URL: origin } })
  try {
    const account = await addProgram(alone.admin, "shop", ["developer"])
    const bound = { arn: `arn:aws:iam::${MOTO_ACCOUNT}:role/deployer`, accountId: account.id, reason: REASON }
    assert.equal((await alone.admin.post(PATH, bound)).status, 201)
    const { STSClient, AssumeRoleCommand } = await import("@aws-sdk/client-sts")
    const client = new STSClient({ region: REGION, endpoint: origin, credentials: USER })
    const RoleArn = `arn:aws:iam::${MOTO_ACCOUNT}:role/deployer`
    const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "a-session" }))
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    }
    const id = new URL(alone.server.publicUrl).host
    const body = signIdentity(credentials, { region: REGION, serverId: id, now: Date.now(), stsEndpoint: origin })
    const answer = await alone.server.anonymous.post<WorkloadLoginAnswer>("/api/auth/iam", body)
    assert.equal(answer.status, 200, answer.text)
    const me = await clientOf(alone.server.url, answer.body.token).get("/api/me")
    assert.equal(me.body["username"], "shop")
  } finally {
    await alone.close()
  }
})
