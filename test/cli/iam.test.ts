import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { IamBindingItem } from "../../src/api/iam.ts"
import { type FakeSts, fakeSts } from "../kit/fake-sts.ts"
import { addProgram, type Program, setUpAdmin } from "../kit/people.ts"
import type { Client } from "../kit/client.ts"
import { type TestServer, startServer } from "../kit/server.ts"
import { REASON } from "../kit/secrets.ts"
import { type Home, newHome } from "./kit.ts"

const REGION = "eu-central-1"
const ARN = "arn:aws:iam::111122223333:role/deployer"
const AWS = {
  AWS_ACCESS_KEY_ID: "ASIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret/key",
  AWS_SESSION_TOKEN: "token+/=",
}

let sts: FakeSts
let server: TestServer
let admin: Client
let program: Program
let home: Home

before(async () => {
  sts = await fakeSts(REGION)
  sts.keys.set(AWS.AWS_ACCESS_KEY_ID, {
    secretAccessKey: AWS.AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS.AWS_SESSION_TOKEN,
    arn: "arn:aws:sts::111122223333:assumed-role/deployer/a-session",
    account: "111122223333",
  })
  server = await startServer({ env: { AWS_REGION: REGION, AWS_ENDPOINT_URL_STS: sts.origin } })
  admin = await setUpAdmin(server)
  program = await addProgram(admin, "shop", ["developer"])
  home = newHome({
    TYLER_URL: server.publicUrl,
    TYLER_REASON: REASON,
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_STS: sts.origin,
    AWS_EC2_METADATA_DISABLED: "true",
  })
})
after(async () => {
  home[Symbol.dispose]()
  await server.close()
  await sts.close()
})

test("an admin binds a role; the role's credentials open a session, which is kept; the binding goes", async () => {
  const env = { TYLER_TOKEN: admin.token ?? "" }
  const added = await home.tyler(["iam-bindings", "add", ARN, program.id, "--json"], { env })
  assert.equal(added.code, 0, added.err)
  const { id } = JSON.parse(added.out) as IamBindingItem
  assert.match((await home.tyler(["iam-bindings", "ls"], { env })).out, new RegExp(`${ARN} +${program.id} +${id}`))

  const login = await home.tyler(["login", "--iam"], { env: AWS })
  assert.equal(login.code, 0, login.err)
  assert.match(login.out, /^Logged in to http:\/\/localhost:\d+; the session ends in 1[45] minutes\.\n$/)
  assert.match((await home.tyler(["whoami"])).out, /shop/)
  for (const text of [login.out, login.err]) assert.doesNotMatch(text, /secret\/key|token\+/)

  assert.equal((await home.tyler(["iam-bindings", "rm", id], { env })).code, 0)
  const refused = await home.tyler(["login", "--iam"], { env: AWS })
  assert.deepEqual([refused.code, refused.out], [3, ""])
  assert.match(refused.err, /The signature is not accepted/)
})

test("without a Region, without credentials, with wrong ones", async () => {
  const noRegion = await home.tyler(["login", "--iam"], { env: { ...AWS, AWS_REGION: "" } })
  assert.equal(noRegion.code, 2)
  assert.match(noRegion.err, /AWS_REGION/)
  const none = await home.tyler(["login", "--iam"])
  assert.equal(none.code, 1)
  assert.match(none.err, /no AWS credentials in this environment/)
  const elsewhere = await home.tyler(["login", "--iam"], { env: { ...AWS, AWS_REGION: "us-east-1" } })
  assert.equal(elsewhere.code, 2)
  assert.match(elsewhere.err, /must be signed for sts in eu-central-1/)
})
