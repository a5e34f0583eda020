import assert from "node:assert/strict"
import { test } from "node:test"
import type { AccessKeyItem, IssuedAccessKey } from "../../src/api/access-keys.ts"
import { addProgram, PASSWORD } from "../kit/people.ts"
import { openScene } from "./scene.ts"

const WHY = ["--reason", "nightly import of invoices"]

test("a key is made with the password, or with a code where there is a factor; listed and revoked", async () => {
  await using scene = await openScene()
  const { home } = scene
  const plain = { env: scene.as("hugo") }
  const none = await home.tyler(["access-key", "create", ...WHY], plain)
  assert.equal(none.code, 2)
  assert.match(none.err, /--password-file/)
  const made = await home.tyler(["access-key", "create", ...WHY, "--password-file", "-"], { ...plain, input: PASSWORD })
  assert.equal(made.code, 0, made.err)
  const lines = made.out.trimEnd().split("\n")
  assert.equal(lines.length, 4)
  assert.match(lines[0] ?? "", /^AWS_ACCESS_KEY_ID=TYAK[A-Z2-7]{16}$/)
  assert.match(lines[1] ?? "", /^AWS_SECRET_ACCESS_KEY=tya_[\w-]{43}$/)
  assert.deepEqual(lines.slice(2), [
    "AWS_REGION=us-east-1",
    `AWS_ENDPOINT_URL_SECRETS_MANAGER=${scene.stage.server.publicUrl}`,
  ])
  assert.match(made.err, /shown once/)

  home.write("code", `${scene.code()}\n`)
  const more = ["--label", "laptop", "--days", "30", "--secrets", "financial/*", "--verbs", "read,reveal", "--json"]
  const stepped = await home.tyler(["access-key", "create", ...WHY, "--code-file", "code", ...more], {
    env: scene.as("finn"),
  })
  assert.equal(stepped.code, 0, stepped.err)
  const issued = JSON.parse(stepped.out) as IssuedAccessKey
  const listed = await home.tyler(["access-key", "ls", "--json"], { env: scene.as("finn") })
  const [item] = JSON.parse(listed.out) as AccessKeyItem[]
  assert.deepEqual(
    [item?.accessKeyId, item?.label, item?.scope],
    [issued.accessKeyId, "laptop", { secrets: ["financial/*"], verbs: ["read", "reveal"] }],
  )
  const table = await home.tyler(["access-key", "ls"], plain)
  assert.match(table.out, /^KEY +LABEL +MADE +ENDS +REASON\nTYAK/)

  const id = (lines[0] ?? "").split("=")[1] ?? ""
  const others = await home.tyler(["access-key", "rm", id], { env: scene.as("finn") })
  assert.match(others.err, /^tyler: not_found: /)
  assert.equal((await home.tyler(["access-key", "rm", id], plain)).out, "revoked\n")
  assert.equal((await home.tyler(["access-key", "ls", "--json"], plain)).out.trim(), "[]")
})

test("an admin makes a program's key without more ado, and sees whose there are", async () => {
  await using scene = await openScene()
  const robot = await addProgram(scene.stage.admin, "robot", ["developer"])
  const admin = { env: scene.as("ada") }
  const made = await scene.home.tyler(["access-key", "create", ...WHY, "--service-account", robot.id, "--json"], admin)
  assert.equal(made.code, 0, made.err)
  const listed = await scene.home.tyler(["access-key", "ls", "--of", robot.id, "--json"], admin)
  const { accessKeyId } = JSON.parse(made.out) as IssuedAccessKey
  assert.deepEqual(
    (JSON.parse(listed.out) as AccessKeyItem[]).map((one) => one.accessKeyId),
    [accessKeyId],
  )
  for (const days of ["0", "366", "x"])
    assert.equal((await scene.home.tyler(["access-key", "create", ...WHY, "--days", days], admin)).code, 2, days)
})
