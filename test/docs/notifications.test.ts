import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, test } from "node:test"
import { pathToFileURL } from "node:url"
import { webhookChannel } from "../../src/adapters/webhook/channel.ts"
import { systemResolve } from "../../src/adapters/webhook/pin.ts"
import { systemClock } from "../../src/core/clock.ts"
import { startReceiver } from "../kit/receiver.ts"
import { temporaryFolder } from "../kit/server.ts"
import { WEBHOOK_SECRET } from "../kit/webhook.ts"

type Verify = (signature: string, body: Buffer, secret: string, now?: number) => boolean

test("the page's example tells our posts from others'", async () => {
  const page = readFileSync(new URL("../../docs/notifications.md", import.meta.url), "utf8")
  const folder = temporaryFolder()
  after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, "verify.mjs")
  writeFileSync(file, /^```js\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "")
  const { isFromTyler } = (await import(pathToFileURL(file).href)) as { isFromTyler: Verify }
  await using receiver = await startReceiver()
  const to = { url: receiver.url, secret: Buffer.from(WEBHOOK_SECRET), allowed: ["loopback"] as const }
  const message = {
    id: "1",
    kind: "role_changed",
    createdAt: 0,
    facts: {},
    subject: "é",
    text: "",
    link: null,
    to: null,
  } as const
  assert.equal(
    await webhookChannel(to, systemClock, systemResolve).deliver(message, new AbortController().signal),
    undefined,
  )
  const [post] = receiver.posts
  const signature = String(post?.headers["tyler-signature"])
  const body = Buffer.from(post?.body ?? "")
  assert.equal(isFromTyler(signature, body, WEBHOOK_SECRET), true)
  const now = Date.now() / 1000
  for (const [one, bytes, secret, at] of [
    [signature, Buffer.concat([body, Buffer.from(" ")]), WEBHOOK_SECRET, now],
    [signature, body, `${WEBHOOK_SECRET}!`, now],
    [signature, body, WEBHOOK_SECRET, now + 400],
    [signature, body, WEBHOOK_SECRET, now - 400],
    [signature.replace(/t=[0-9]+/, `t=${Math.floor(now) - 100}`), body, WEBHOOK_SECRET, now],
    ["", body, WEBHOOK_SECRET, now],
  ] as const)
    assert.equal(isFromTyler(one, bytes, secret, at), false)
})
