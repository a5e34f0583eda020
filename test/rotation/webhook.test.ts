import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import { after, before, test } from "node:test"
import { stepsOf } from "../../src/adapters/targets/open.ts"
import type { Steps } from "../../src/rotation/steps.ts"
import { Rehearsal, refuses, whileUsed } from "../kit/rehearsal.ts"

const KEY = "k".repeat(32)
/** What the receiver's own target takes; it keeps the last two, and does each delivery once. */
let good = ["first"]
const done = new Map<string, number>()
let forced: number | undefined
let port: number
let steps: Steps

const server = createServer((request, answer) => {
  void text(request).then((body) => {
    const signed = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers["tyler-signature"]))
    const expected = createHmac("sha256", KEY).update(`${signed?.[1]}.`).update(body).digest("hex")
    if (signed?.[2] !== expected) return answer.writeHead(401).end()
    assert.ok(!body.includes(KEY))
    const { step, pending, current } = JSON.parse(body) as Record<"step", string> &
      Record<"pending" | "current", { password: string }>
    const delivery = String(request.headers["tyler-delivery"])
    done.set(delivery, (done.get(delivery) ?? 0) + 1)
    if (forced !== undefined) return answer.writeHead(forced).end(body)
    if (step === "set" && done.get(delivery) === 1) good = [current.password, pending.password]
    if (step === "revoke") good = [current.password]
    return answer.writeHead(step !== "test" || good.includes(pending.password) ? 204 : 422).end()
  })
})
before(async () => {
  steps = await stepsOf("webhook")
  await once(server.listen(0, "127.0.0.1"), "listening")
  port = (server.address() as { port: number }).port
})
after(() => server.close())

function rehearse(fields: object = {}, hosts = ["127.0.0.1"]): Rehearsal {
  good = ["first"]
  const secret = {
    engine: "webhook",
    webhook: `http://127.0.0.1:${port}/r`,
    signingKey: KEY,
    ssl: false,
    password: "first",
    ...fields,
  }
  return new Rehearsal(steps, secret, undefined, hosts)
}
const logsIn = async (value: string): Promise<boolean> =>
  good.includes((JSON.parse(value) as { password: string }).password)

test("signed, told again with the same delivery id after a death, and no use ever fails", async () => {
  const rehearsal = rehearse()
  const seen = await whileUsed(rehearsal, logsIn, async () => {
    for (let round = 0; round < 3; round++)
      assert.ok(
        (await rehearsal.dying(
          () => rehearsal.rotate(),
          async () => assert.ok(await logsIn(rehearsal.current)),
        )) >= 4,
      )
  })
  assert.deepEqual([seen.failedInside, seen.failedOutside], [0, 0])
  assert.ok([...done.values()].some((times) => times > 1))
  assert.equal([...done.keys()].filter((delivery) => delivery.endsWith(":set")).length, 3)
  await rehearsal.revoke()
  assert.equal(await logsIn(rehearsal.previous ?? ""), false)
})

test("refusals", async () => {
  for (const [status, code] of [
    [422, "password_rejected"],
    [403, "not_permitted"],
    [500, "target_failed"],
    [302, "target_failed"],
  ] as const) {
    forced = status
    await refuses(code, () => rehearse().rotate(), "first", KEY)
  }
  forced = undefined
  await refuses("not_permitted", () => rehearse({ signingKey: "w".repeat(32) }).rotate())
  await refuses("secret_invalid", () => rehearse({ signingKey: "w".repeat(31) }).rotate())
  await refuses("secret_invalid", () => rehearse({ ssl: true }).rotate())
  await refuses("address_refused", () => rehearse({}, ["example.com"]).rotate())
  const moved = rehearse()
  moved.pending = JSON.stringify({ ...moved.value(), webhook: "http://127.0.0.1:1/" })
  await refuses("identity_changed", () => moved.rotate())
})
