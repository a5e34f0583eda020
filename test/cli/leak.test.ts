import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { type Client, clientOf } from "../kit/client.ts"
import { addPerson } from "../kit/people.ts"
import { ROTATES_HERE, scheduled } from "../kit/rotated.ts"
import { type RotationHook, startRotationHook } from "../kit/rotation-hook.ts"
import { createSecret, read, secretPath } from "../kit/secrets.ts"
import { REASON, type Team, team, tokenIn } from "./server.ts"

interface Outcome {
  readonly name: string
  readonly did: string
  readonly stage: string | null
  readonly code?: string
}

let hook: RotationHook
let on: Team
let admin: Client
let grace: Client

before(async () => {
  hook = await startRotationHook()
  on = await team({ ...ROTATES_HERE, ROTATION_HOSTS: hook.host })
  admin = clientOf(on.url, tokenIn(on.ada))
  grace = (await addPerson(admin, "grace", ["developer"])).client
  for (const name of ["seen", "masked", "batched", "replaced", "deleted", "bare", "other"]) {
    await createSecret(admin, `config/${name}`, hook.value(name))
    if (name !== "bare") await scheduled(admin, `config/${name}`, { strategy: "webhook" })
  }
  await createSecret(admin, "config/token", { generate: { kind: "token" }, token: "x" })
  await scheduled(admin, "config/token", { strategy: "generated" })
  for (const name of ["seen", "replaced", "deleted", "bare", "token"])
    assert.equal((await read(grace, `config/${name}`)).status, 200)
  assert.equal((await read(grace, "config/masked", { unmask: false })).status, 200)
  const names = ["config/batched", "config/seen"]
  assert.equal((await grace.post("/api/secrets/access", { names, reason: REASON, unmask: true })).status, 200)
  assert.equal((await read(admin, "config/other")).status, 200)
  for (let at = 0; at < 2; at++)
    await admin.put(secretPath("config/replaced"), { value: { ...hook.value("replaced"), at }, reason: REASON })
  const confirmationCode = `DELETE-config/deleted-${new Date().toISOString().slice(0, 10)}`
  await admin.delete(secretPath("config/deleted"), { confirmationCode, reason: REASON })
})
after(async () => {
  await on.stop()
  await hook[Symbol.asyncDispose]()
})

async function told(...args: string[]): Promise<{ code: number | null; outcomes: Record<string, string> }> {
  const { code, out, err } = await on.ada.tyler(["rotate", "--all-seen-by", "grace", "--json", ...args])
  const { outcomes } = JSON.parse(out === "" ? '{"outcomes":[]}' : out) as { outcomes: Outcome[] }
  assert.ok(out !== "", err)
  return {
    code,
    outcomes: Object.fromEntries(
      outcomes.map(({ name, did, code: why }) => [name.slice(7), why === undefined ? did : `${did} ${why}`]),
    ),
  }
}

const CANNOT = {
  bare: "cannot no_schedule",
  deleted: "cannot secret_pending_deletion",
  token: "cannot used_elsewhere",
  replaced: "replaced",
}

test("a dry run says what would be rotated and what cannot be, and changes nothing", async () => {
  const { code, outcomes } = await told("--dry-run")
  assert.deepEqual(outcomes, { ...CANNOT, seen: "would", batched: "would" })
  assert.equal(code, 3, "some are left to be done by hand")
  assert.equal(hook.told.length, 0)
})

test("what was shown unmasked and is still current is rotated, no other; the report names the rest", async () => {
  const before = (await read(admin, "config/seen")).body.value as { password: string }
  const report = join(on.ada.path, "leak.jsonl")
  const { code, outcomes } = await told("--revoke-previous", "--out-report", report)
  assert.deepEqual(outcomes, { ...CANNOT, seen: "rotated", batched: "rotated" })
  assert.equal(code, 3)
  const after = (await read(admin, "config/seen")).body.value as { password: string }
  assert.notEqual(after.password, before.password)
  assert.deepEqual(new Set(hook.told.map(({ current }) => current["user"])), new Set(["seen", "batched"]))
  assert.ok(hook.told.some(({ step }) => step === "revoke"))
  const lines = readFileSync(report, "utf8").trim().split("\n")
  assert.ok(lines.length >= 6)
  assert.ok(!lines.join("").includes(after.password))
})

test("done once, it is done: what was seen is good no more", async () => {
  hook.told.length = 0
  const { outcomes } = await told()
  assert.deepEqual([outcomes["seen"], outcomes["batched"]], ["replaced", "replaced"])
  assert.equal(hook.told.length, 0)
})

test("who may not see the log learns nothing", async () => {
  const { code, err } = await on.fin.tyler(["rotate", "--all-seen-by", "grace"])
  assert.equal(code, 3)
  assert.match(err, /forbidden|Access denied/)
})
