import assert from "node:assert/strict"
import { test } from "node:test"
import { FAULTS, storeFault } from "./store-faults.ts"

function thrown(name: string, more: object = {}): Error {
  return Object.assign(new Error("the text of AWS, with hunter2 in it"), { name, ...more })
}

test("each error of AWS has a code of ours, keeps its name for the log, and its text stays behind", () => {
  for (const [name, { code, done }] of Object.entries(FAULTS)) {
    const fault = storeFault(thrown(name, { $metadata: { httpStatusCode: 400, attempts: 1 } }))
    assert.deepEqual([fault.code, fault.done, fault.detail], [code, done, name])
    assert.doesNotMatch(JSON.stringify(fault) + fault.message, /hunter2/)
  }
})

test("of an invalid request the text says whether deletion is pending", () => {
  const text = "You can't perform this operation on the secret because it was marked for deletion."
  const pending = Object.assign(new Error(text), { name: "InvalidRequestException" })
  assert.equal(storeFault(pending).code, "secret_pending_deletion")
  assert.equal(storeFault(thrown("InvalidRequestException")).code, "store_refused")
})

test("after a second try a refusal may be of our own work, unless AWS was throttling", () => {
  const again = { $metadata: { httpStatusCode: 400, attempts: 2 } }
  assert.equal(storeFault(thrown("InvalidParameterException", again)).done, "perhaps")
  assert.equal(storeFault(thrown("ThrottlingException", again)).done, "no")
})

test("what nobody knows: refused if AWS said so, otherwise it may have been done", () => {
  const refused = storeFault(thrown("NewException", { $metadata: { httpStatusCode: 403, attempts: 1 } }))
  assert.deepEqual([refused.code, refused.done], ["store_fault", "no"])
  const broken = storeFault(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))
  assert.deepEqual([broken.code, broken.done], ["store_unavailable", "perhaps"])
  const never = storeFault(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))
  assert.deepEqual([never.code, never.done], ["store_unavailable", "no"])
  assert.equal(storeFault("odd").code, "store_unavailable")
})
