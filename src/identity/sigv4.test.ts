import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import * as fc from "fast-check"
import {
  AUTHORIZATION_MAX,
  parseSignature,
  SKEW_MS,
  signatureFault,
  type SignedRequest,
  signingKeyOf,
} from "./sigv4.ts"

interface Vectors {
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
  readonly now: string
  readonly vectors: readonly {
    readonly name: string
    readonly method: string
    readonly target: string
    readonly headers: readonly string[]
    readonly body: string
    readonly authorization: string
  }[]
}

const file = new URL("../../spec/vectors/sigv4/aws4-testsuite.json", import.meta.url)
const suite = JSON.parse(readFileSync(file, "utf8")) as Vectors
const NOW = Date.parse(suite.now)
const SCOPE = { region: suite.region, service: suite.service }
const keyFor = (date: string) => signingKeyOf(Buffer.from(suite.secretAccessKey), date, SCOPE)

/** The code and the text, or `accepted`. */
function judged(request: SignedRequest, now = NOW, scope = SCOPE): string {
  const parsed = parseSignature(request)
  const fault = "fault" in parsed ? parsed.fault : signatureFault(request, parsed.signature, scope, keyFor, now)
  return fault === undefined ? "accepted" : `${fault.code}: ${fault.message}`
}

function requestOf(name: string, more: readonly string[] = []): SignedRequest {
  const vector = suite.vectors.find((one) => one.name === name)
  assert.ok(vector)
  return {
    method: vector.method,
    target: vector.target,
    rawHeaders: [...vector.headers, "Authorization", vector.authorization, ...more],
    body: Buffer.from(vector.body, "latin1"),
  }
}

const VANILLA = requestOf("get-vanilla")

function withHeader(request: SignedRequest, name: string, change: (value: string) => string): SignedRequest {
  const rawHeaders = request.rawHeaders.map((text, at, all) =>
    at % 2 === 1 && all[at - 1] === name ? change(text) : text,
  )
  return { ...request, rawHeaders }
}

const authorization = (change: (value: string) => string): string =>
  judged(withHeader(VANILLA, "Authorization", change))

test("what AWS's own vectors sign is accepted", () => {
  assert.ok(suite.vectors.length >= 15)
  for (const { name } of suite.vectors) assert.equal(judged(requestOf(name)), "accepted", name)
})

test("every changed byte of a signed request is refused", () => {
  const post = requestOf("post-x-www-form-urlencoded")
  assert.equal(judged(post), "accepted")
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const body = Buffer.from(post.body)
      body[at % body.length] = (body[at % body.length] ?? 0) ^ by
      assert.match(judged({ ...post, body }), /^InvalidSignatureException: The request signature/)
    }),
  )
  assert.match(judged({ ...post, body: Buffer.concat([post.body, Buffer.of(0)]) }), /^InvalidSignature/)
  assert.match(judged({ ...post, method: "PUT" }), /^InvalidSignature/)
  assert.match(judged({ ...post, target: "/x" }), /^InvalidSignature/)
  assert.match(judged({ ...post, target: "/?a=b" }), /^InvalidSignature/)
  const query = requestOf("get-vanilla-query-order-key-case")
  assert.match(judged({ ...query, target: "/?Param2=value2&Param1=value3" }), /^InvalidSignature/)
  assert.equal(judged({ ...query, target: "/?Param1=value1&Param2=value2" }), "accepted", "the order says nothing")
  assert.match(judged(withHeader(VANILLA, "Host", () => "other.example")), /^InvalidSignature/)
})

test("every other signature is refused, of any length", () => {
  const right = /Signature=(\w+)/.exec(VANILLA.rawHeaders.at(-1) ?? "")?.[1] ?? ""
  fc.assert(
    fc.property(
      fc.nat(63),
      fc.integer({ min: 0, max: 15 }).map((value) => value.toString(16)),
      (at, digit) => {
        fc.pre(right[at] !== digit)
        const wrong = right.slice(0, at) + digit + right.slice(at + 1)
        assert.match(
          authorization((text) => text.replace(right, wrong)),
          /^InvalidSignatureException: The request/,
        )
      },
    ),
  )
  for (const wrong of ["", right.slice(1), `${right}0`, right.toUpperCase(), `${right.slice(1)}g`])
    assert.match(
      authorization((text) => text.replace(right, wrong)),
      /^IncompleteSignatureException/,
    )
})

test("the header is parsed strictly", () => {
  assert.match(judged({ ...VANILLA, rawHeaders: VANILLA.rawHeaders.slice(0, 4) }), /^MissingAuthenticationToken/)
  const [, , , , , value = ""] = VANILLA.rawHeaders
  assert.match(judged({ ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, "authorization", value] }), /more than once/)
  const odd: ((text: string) => string)[] = [
    () => "",
    () => "Bearer abc",
    (text) => text.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    (text) => text.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
    (text) => text.replace("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256\t"),
    (text) => text.replace("Credential", "credential"),
    (text) => text.replace("Credential=", "Credential=x, Credential="),
    (text) => `${text}, Extra=1`,
    (text) => text.replace("/aws4_request", ""),
    (text) => text.replace("/aws4_request", "/aws4_request/more"),
    (text) => text.replace("AKIDEXAMPLE", ""),
    (text) => text.replace("AKIDEXAMPLE", "AKID-EXAMPLE"),
    (text) => text.replace("AKIDEXAMPLE", "A".repeat(129)),
    (text) => text.replace("host;x-amz-date", "x-amz-date;host"),
    (text) => text.replace("host;x-amz-date", "Host;x-amz-date"),
    (text) => text.replace("host;x-amz-date", "host;host;x-amz-date"),
    (text) => text.replace("host;x-amz-date", ""),
    (text) => text.replace("host;", ";"),
    (text) => text.replace(/Signature=.*/, ""),
    (text) => text.padEnd(AUTHORIZATION_MAX + 1, "0"),
  ]
  for (const change of odd) assert.match(authorization(change), /^IncompleteSignatureException/, change(value))
  assert.equal(
    authorization((text) => text.replaceAll(", ", ",")),
    "accepted",
    "as some clients join them",
  )
})

test("the scope is ours: date, region, service, terminator", () => {
  const cases: [string, string, RegExp][] = [
    ["20150830", "20150831", /Date in Credential scope does not match/],
    ["us-east-1", "eu-west-1", /scoped to a valid region: 'us-east-1'/],
    ["/service/", "/s3/", /scoped to correct service: 'service'/],
    ["aws4_request", "aws4_reques", /scoped with 'aws4_request'/],
  ]
  for (const [from, to, told] of cases)
    assert.match(
      authorization((text) => text.replace(from, to)),
      told,
    )
  assert.match(judged(VANILLA, NOW, { region: "eu-west-1", service: "service" }), /valid region: 'eu-west-1'/)
})

test("five minutes either way, and not a millisecond more", () => {
  for (const by of [0, SKEW_MS - 1, SKEW_MS]) {
    assert.equal(judged(VANILLA, NOW + by), "accepted")
    assert.equal(judged(VANILLA, NOW - by), "accepted")
  }
  assert.equal(
    judged(VANILLA, NOW + SKEW_MS + 1),
    "InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than 20150830T123600Z (20150830T124100Z - 5 min.)",
  )
  assert.match(judged(VANILLA, NOW - SKEW_MS - 1), /^InvalidSignatureException: Signature not yet current: /)
  for (const date of ["", "yesterday", "2015-08-30T12:36:00Z", "20150230T123600Z", "20150830T246000Z"])
    assert.match(judged(withHeader(VANILLA, "X-Amz-Date", () => date)), /^IncompleteSignatureException: Date must be/)
  assert.match(judged({ ...VANILLA, rawHeaders: ["Host", "h", ...VANILLA.rawHeaders.slice(4)] }), /X-Amz-Date/)
})

test("what is sent beside the signed headers is refused where it could mean anything", () => {
  for (const name of ["X-Amz-Target", "x-amz-security-token", "X-AMZ-META-ANY"])
    assert.match(judged({ ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, name, "x"] }), /A header was not signed/)
  assert.equal(judged({ ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, "Accept", "x", "accept", "y"] }), "accepted")
  for (const name of ["Host", "Content-Type", "content-length", "Date"])
    assert.match(judged({ ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, name, "x", name, "x"] }), /more than once/)
  for (const date of ["20150830T123600Z", "20150830T123601Z"])
    assert.match(judged({ ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, "x-amz-date", date] }), /more than once/)
  assert.match(
    authorization((text) => text.replace("host;x-amz-date", "x-amz-date")),
    /'Host' must be/,
  )
  assert.match(
    authorization((text) => text.replace("host;x-amz-date", "host")),
    /'x-amz-date' must be/,
  )
  assert.match(
    authorization((text) => text.replace("host;", "absent;host;")),
    /A signed header is not there: absent/,
  )
})

test("a body is signed as it is: unsigned, streamed and other hashes are refused", () => {
  const signed = (hash: string) =>
    withHeader(
      { ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, "X-Amz-Content-Sha256", hash] },
      "Authorization",
      (text) => text.replace("host;x-amz-date", "host;x-amz-content-sha256;x-amz-date"),
    )
  for (const hash of [
    "UNSIGNED-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "",
  ])
    assert.match(judged(signed(hash)), /unsigned and streamed bodies are refused/)
  assert.match(judged(signed("0".repeat(64))), /does not match the SHA-256 of the body/)
  const right = createHash("sha256").update("").digest("hex")
  assert.match(judged(signed(right)), /The request signature we calculated/)
})

test("a signature in the query string is refused, with a header beside it or without", () => {
  const target = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"
  assert.match(judged({ ...VANILLA, target }), /^IncompleteSignatureException: A signature in the query/)
  assert.match(
    judged({ ...VANILLA, target, rawHeaders: [] }),
    /^IncompleteSignatureException: A signature in the query/,
  )
  assert.match(judged({ ...VANILLA, target: "/?%58-amz-expires=1" }), /^IncompleteSignatureException: A signature/)
})

test("whatever is sent is answered, and nothing but a signature is accepted", () => {
  const text = fc.string({ unit: "binary", maxLength: 80 })
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 12 }), fc.uint8Array({ maxLength: 50 }), (target, headers, body) => {
      const request = { method: "POST", target: `/${target}`, rawHeaders: headers, body }
      assert.notEqual(judged(request), "accepted")
      const beside = { ...VANILLA, target: `/?${target}` }
      const verdict = judged(beside)
      assert.ok(verdict !== "accepted" || target === "", target)
    }),
  )
})
