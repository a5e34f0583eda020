import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import type { IamBindingItem } from "../../src/api/iam.ts"
import type { WorkloadLoginAnswer } from "../../src/api/workloads.ts"
import { signIdentity } from "../../src/client/iam-signature.ts"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { entriesOf } from "../kit/audit.ts"
import { clientOf } from "../kit/client.ts"
import { fakeKms } from "../kit/fake-kms.ts"
import { fakeSts } from "../kit/fake-sts.ts"
import { takeTestCredentials } from "../kit/moto.ts"
import { addProgram, setUpAdmin } from "../kit/people.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"

takeTestCredentials()

const skip = (await postgresAnswers()) ? false : "postgres"
const AWS_REGION = "eu-central-1"
const USER = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI" }
const ARN = "arn:aws:iam::111122223333:user/robot"

test("a signature counts once over replicas, and none after its binding is gone on either", { skip }, async (t) => {
  const sts = await fakeSts(AWS_REGION)
  t.after(() => sts.close())
  sts.keys.set(USER.accessKeyId, { secretAccessKey: USER.secretAccessKey, arn: ARN, account: "111122223333" })
  await using replicas = await replicaSet()
  // One name for both, as behind a load balancer.
  const env = { AWS_REGION, AWS_ENDPOINT_URL_STS: sts.origin, PUBLIC_URL: "http://localhost:7999" }
  const servers = [await replicas.start(0, { env }), await replicas.start(1, { env })] as const
  assert.notEqual(servers[0].port, servers[1].port)
  const admin = await setUpAdmin(servers[0])
  const program = await addProgram(admin, "job", ["developer"])
  const added = await admin.post<IamBindingItem>("/api/iam-bindings", {
    arn: ARN,
    accountId: program.id,
    reason: REASON,
  })
  assert.equal(added.status, 201, added.text)

  const signing = { region: AWS_REGION, serverId: "localhost:7999", stsEndpoint: sts.origin }
  const sign = (at: number) => signIdentity(USER, { ...signing, now: Date.now() - at * 1000 })
  const logIn = (at: number, body: object) =>
    servers[at % 2 === 0 ? 0 : 1].anonymous.post<WorkloadLoginAnswer>("/api/auth/iam", body)
  const one = sign(0)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => logIn(at, one)))
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1)

  const late = Array.from({ length: 20 }, (_, at) => pause(at * 3).then(() => logIn(at, sign(at + 1))))
  await pause(25)
  const removed = await admin.delete(`/api/iam-bindings/${added.body.id}`, { reason: REASON })
  assert.equal(removed.status, 200)
  await Promise.all(late)
  const end = (await entriesOf(admin, { action: "IAM_BINDING_DELETE" }))[0]?.id ?? 0
  const opened = (await entriesOf(admin, { action: "IAM_LOGIN" })).filter(({ result }) => result === "SUCCESS")
  assert.ok(opened.length > 0 && opened.every(({ id }) => id < end))
})

test("replicas under KMS share one keyring; each asks for itself", { skip }, async (t) => {
  const kms = await fakeKms(AWS_REGION)
  t.after(() => kms.close())
  const [key, next] = [kms.createKey(), kms.createKey()]
  await using replicas = await replicaSet()
  const env = { AWS_REGION, AWS_ENDPOINT_URL_KMS: kms.origin, KMS_KEY_ID: key }
  const first = await replicas.start(0, { env: { ...env, KMS_NEXT_KEY_ID: next } })
  const admin = await setUpAdmin(first)
  await createSecret(admin, "config/app", "value")
  const second = await replicas.start(1, { env })
  const there = clientOf(second.url, admin.token)
  assert.equal((await read(there, "config/app")).status, 200)

  // The second replica was not told of the next key: it goes on with what it holds, and needs it for what comes after.
  assert.equal((await admin.post("/api/keys/rotate-root", { reason: REASON })).status, 200)
  assert.equal((await read(there, "config/app")).status, 200)
  assert.equal((await there.post("/api/keys/rotate", { reason: REASON })).status, 503)
  await second.close()
  await assert.rejects(replicas.start(1, { env }), /wrapped neither by KMS_KEY_ID or KMS_NEXT_KEY_ID/)
  const again = await replicas.start(2, { env: { ...env, KMS_KEY_ID: next } })
  assert.equal((await read(clientOf(again.url, admin.token), "config/app")).status, 200)
})
