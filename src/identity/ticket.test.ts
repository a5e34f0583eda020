import assert from "node:assert/strict"
import { createSecretKey } from "node:crypto"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import { newTicket, openTicket, ticketUseId } from "./ticket.ts"

const KEY = createSecretKey(Buffer.alloc(32, 1))
const USE = { purpose: "step_up:read", holder: ["p-1", "s-1"] }
const NOW = 1_000_000

function given(payload = "s-1+s-2"): string {
  return newTicket(KEY, USE, { expiresAt: NOW + 1, payload }, systemRandom).text
}

test("a ticket opens for its use and holder, until it expires", () => {
  const text = given()
  assert.equal(openTicket(KEY, USE, text, NOW)?.payload, "s-1+s-2")
  assert.equal(openTicket(KEY, USE, text, NOW)?.expiresAt, NOW + 1)
  assert.equal(openTicket(KEY, USE, text, NOW + 1), undefined)
  for (const use of [
    { ...USE, purpose: "step_up:write" },
    { ...USE, holder: ["p-1", "s-2"] },
    { ...USE, holder: ["p-1"] },
    { ...USE, holder: ["p-1s-1"] },
  ])
    assert.equal(openTicket(KEY, use, text, NOW), undefined)
  assert.equal(openTicket(createSecretKey(Buffer.alloc(32, 2)), USE, text, NOW), undefined)
})

test("any other spelling is no ticket", () => {
  const text = given()
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "A" ? "B" : "A"
    assert.equal(openTicket(KEY, USE, text.slice(0, at) + other + text.slice(at + 1), NOW), undefined, `at ${at}`)
  }
  for (const odd of ["", "A", text.slice(0, 50), `${text}A`, `${text}=`, ` ${text}`, "A".repeat(4097)])
    assert.equal(openTicket(KEY, USE, odd, NOW), undefined)
})

test("uses of one ticket for several things are told apart, and two tickets never meet", () => {
  const [one, two] = [openTicket(KEY, USE, given(), NOW), openTicket(KEY, USE, given(), NOW)]
  assert.ok(one && two)
  const ids = [ticketUseId(one), ticketUseId(one, "s-1"), ticketUseId(one, "s-2"), ticketUseId(two, "s-1")]
  assert.equal(new Set(ids.map((id) => id.toString("hex"))).size, ids.length)
})
