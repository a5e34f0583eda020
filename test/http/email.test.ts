import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { entriesOf } from "../kit/audit.ts"
import { type Mailbox, startMailbox } from "../kit/mailbox.ts"
import { until } from "../kit/receiver.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { PASSWORD } from "../kit/people.ts"

let box: Mailbox
let stage: Stage<"dev">
before(async () => {
  box = await startMailbox({ disabledCommands: ["STARTTLS"] })
  const env = { SMTP_URL: `smtp://127.0.0.1:${box.port}`, SMTP_FROM: "tyler@example.com" }
  stage = await openStage({ dev: ["developer"] }, { env })
})
after(async () => {
  await stage.close()
  await box[Symbol.asyncDispose]()
})

const set = (email: unknown) => stage.people.dev.client.patch("/api/me", { email })
const count = (): number => box.mails.length

test("one plain address or none; the session stays", async () => {
  for (const email of ["dev@example.com", `${"a".repeat(64)}@example.com`, null])
    assert.equal((await set(email)).status, 200)
  for (const email of [
    "",
    "dev",
    "a@b.example, c@d.example",
    "Dev <dev@example.com>",
    "dev@example.com\nBcc: x@y.example",
    `${"a".repeat(65)}@example.com`,
    7,
    undefined,
    ["dev@example.com"],
    `a@${"b".repeat(250)}.example`,
  ]) {
    const answer = await set(email)
    assert.deepEqual([answer.status, answer.body["code"]], [400, "invalid_request"], String(email))
  }
  assert.equal((await stage.people.dev.client.get("/api/sessions")).status, 200)
  assert.equal((await stage.server.anonymous.patch("/api/me", { email: null })).status, 401)
})

test("what concerns a person goes to his own address, and a change of it to the old one", async () => {
  await set("mine@example.com")
  await set("old@example.com")
  // Mail goes out in order: with this one, all about the addresses before is through.
  await until("the mail to the address before", () => box.mails.at(-1)?.to[0] === "mine@example.com")
  const before = count()
  await set("new@example.com")
  await until("the mail to the old address", () => count() === before + 1)
  assert.deepEqual(box.mails.at(-1)?.to, ["old@example.com"])
  assert.equal(box.head().get("subject"), "The mail address of dev was changed")
  assert.ok(!(box.mails.at(-1)?.raw ?? "").includes("new@example.com"))
  await set("new@example.com")
  const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD} anew` }
  assert.equal((await stage.people.dev.client.post("/api/me/password", change)).status, 200)
  await until("the mail to the new one", () => count() === before + 2)
  assert.deepEqual(box.mails.at(-1)?.to, ["new@example.com"])
  assert.equal(box.head().get("subject"), "The password of dev was changed")
  const entries = await entriesOf(stage.admin, {})
  assert.ok(!JSON.stringify(entries).includes("@example.com"), "no address stands in the log")
})
