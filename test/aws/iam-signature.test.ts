import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { SignatureV4 } from "@smithy/signature-v4"
import * as fc from "fast-check"
import { readCallerIdentity } from "../../src/adapters/aws/caller-identity.ts"
import { signIdentity } from "../../src/client/iam-signature.ts"
import { IAM_BODY, IAM_BODY_HASH, IAM_CONTENT_TYPE, stsOrigin } from "../../src/core/iam-request.ts"
import { readIamProof } from "../../src/identity/iam-proof.ts"
import { identityXml } from "../kit/fake-sts.ts"
import { Sha256 } from "../kit/sha256.ts"

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
const CREDENTIALS = fc.record({
  accessKeyId: fc.string({ unit: fc.constantFrom(...ALPHABET.split("")), minLength: 16, maxLength: 40 }),
  secretAccessKey: fc.string({ minLength: 1, maxLength: 64 }),
  sessionToken: fc.option(fc.base64String({ minLength: 4, maxLength: 800 }), { nil: undefined }),
})
const SIGNING = fc.record({
  region: fc.constantFrom("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"),
  serverId: fc.constantFrom("tyler.example.com", "localhost:7070", "[::1]:7070"),
  now: fc.integer({ min: Date.UTC(2000), max: Date.UTC(2099) }),
})

test("our signature is that of AWS's own signer, whatever the credentials, and what we sign we read", async () => {
  await fc.assert(
    fc.asyncProperty(CREDENTIALS, SIGNING, async ({ sessionToken, ...pair }, signing) => {
      const credentials = { ...pair, ...(sessionToken === undefined ? {} : { sessionToken }) }
      const ours = signIdentity(credentials, signing)
      const { region, serverId, now } = signing
      const signer = new SignatureV4({ credentials, region, service: "sts", sha256: Sha256, applyChecksum: false })
      const { host, hostname } = new URL(stsOrigin(region))
      const { headers } = await signer.sign(
        {
          method: "POST",
          protocol: "https:",
          hostname,
          path: "/",
          query: {},
          headers: { host, "content-type": IAM_CONTENT_TYPE, "x-tyler-server-id": serverId },
          body: IAM_BODY,
        },
        { signingDate: new Date(now) },
      )
      assert.equal(ours.authorization, headers["authorization"])
      assert.equal(ours.amzDate, headers["x-amz-date"])
      const { securityToken = null } = ours
      const read = readIamProof({ ...ours, securityToken }, { region, serverId, now })
      assert.ok(!("fault" in read), JSON.stringify(read))
      assert.equal(read.accessKeyId, pair.accessKeyId)
    }),
    { numRuns: 200 },
  )
})

test("the hash of the body is the hash of the body", () => {
  assert.equal(createHash("sha256").update(IAM_BODY).digest("hex"), IAM_BODY_HASH)
})

const NOW = Date.UTC(2026, 10, 24, 12)
const EXPECTED = { region: "eu-central-1", serverId: "tyler.example.com", now: NOW }
const PROOF = signIdentity({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" }, EXPECTED)

/** One character put in, taken out or changed. */
const EDIT = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.constantFrom(0, 1),
  put: fc.string({ unit: "binary", maxLength: 1 }),
})

function edited(text: string, { at, drop, put }: { at: number; drop: number; put: string }): string {
  const place = Math.floor(at * text.length)
  return text.slice(0, place) + put + text.slice(place + drop)
}

test("an edited authorization is refused, or is read as the same fields that AWS will verify", () => {
  fc.assert(
    fc.property(EDIT, (edit) => {
      const authorization = edited(PROOF.authorization, edit)
      const read = readIamProof({ ...PROOF, authorization, securityToken: null }, EXPECTED)
      if ("fault" in read) return
      // Letter for letter: there is no second spelling of what is read.
      const { accessKeyId, signedHeaders } = read
      const scope = "20261124/eu-central-1/sts/aws4_request"
      const signature = authorization.slice(-64)
      assert.equal(
        authorization,
        `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`,
      )
    }),
    { numRuns: 2000 },
  )
})

test("an edited answer is not read, or says just what it says", () => {
  const right = identityXml({ arn: "arn:aws:iam::111122223333:user/robot", account: "111122223333" })
  fc.assert(
    fc.property(EDIT, EDIT, (one, two) => {
      const text = edited(edited(right, one), two)
      const read = readCallerIdentity(text)
      if (read === undefined) return
      const plain = text.replace(/\s+/g, "")
      assert.ok(plain.includes(`<Arn>${read.arn.replace(/\s+/g, "")}</Arn>`))
      assert.ok(plain.includes(`<Account>${read.account}</Account>`))
      assert.equal(text.split("<").length, right.split("<").length)
      assert.doesNotMatch(text, /[&]|<!|<\?/)
    }),
    { numRuns: 5000 },
  )
})
