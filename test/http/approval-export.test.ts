import assert from "node:assert/strict"
import { after, test } from "node:test"
import { secondVerdict } from "../audit/second-verifier.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { enrolPasskey, passkeyShown } from "../kit/factors.ts"
import { access, approve, asked, cancel, deny, governed, LEDGER, pending } from "../kit/governed.ts"
import { REASON } from "../kit/secrets.ts"

test("a log of requests, signed approvals, refusals, resets and emergencies verifies offline, by both verifiers", async () => {
  const { ada, people, ids, equip, stage, clock, signIn } = await governed(
    { finn: ["finance"], gail: ["finance"], hana: ["finance"], bob: ["admin"], carl: ["admin"] },
    {
      first: async (admin) => {
        const { users } = (await admin.get<{ users: { id: string; username: string }[] }>("/api/users")).body
        const id = users.find(({ username }) => username === "hana")?.id
        assert.equal((await admin.patch(`/api/users/${id}`, { breakGlass: true })).status, 200)
      },
    },
  )
  after(() => stage.close())
  const [finn, hana] = [await equip("finn"), await equip("hana")]
  const key = await enrolPasskey(people.gail, stage.server.publicUrl)
  let signatures = 0
  for (let round = 0; round < 5; round++) {
    const id = await asked(finn.client, {}, await finn.stepUp("read", [LEDGER]))
    if (round % 5 === 3) assert.equal((await deny(people.gail, id)).status, 200)
    else if (round % 5 === 4) assert.equal((await cancel(finn.client, id)).status, 200)
    else {
      const shown = await passkeyShown(people.gail, key, "approve", id)
      assert.equal((await approve(people.gail, id, shown)).status, 200)
      signatures++
      assert.equal((await access(finn.client)).status, 200)
    }
  }
  const body = { secrets: [LEDGER], reason: "The closing run stands still, nobody answers", minutes: 1 }
  const opened = await hana.client.post<{ id: string }>("/api/break-glass", body, await hana.stepUp("govern"))
  assert.equal(opened.status, 201, opened.text)
  clock.advance(61_000)
  await stage.server.runJobs()
  const reviewed = await people.bob.post(`/api/access-requests/${opened.body.id}/review`, { reason: REASON })
  assert.equal(reviewed.status, 200, reviewed.text)
  for (const change of [{ resetFactors: true }, { password: "another set of unrelated words" }, { roles: ["hr"] }]) {
    const made = await ada.client.patch(`/api/users/${ids.finn}`, change, await ada.stepUp("govern"))
    if (made.status === 202) assert.equal((await approve(people.bob, pending(made).requestId)).status, 200)
  }
  const policy = {
    secretPattern: "financial/*",
    allowedRoles: ["admin", "finance"],
    requiresMfa: true,
    requiresApproval: true,
    grantMinutes: 90,
    reason: REASON,
  }
  const looser = pending(await ada.client.put("/api/policies/financial", policy, await ada.stepUp("govern")))
  assert.equal((await approve(people.carl, looser.requestId)).status, 200)

  const log = await exportLog(await signIn("bob"))
  const verdict = await verdictOn(log)
  assert.equal(verdict.ok, true, JSON.stringify(verdict))
  const second = secondVerdict(Buffer.from(log.text), log.key)
  assert.deepEqual([second.ok, second.faults], [true, []])
  assert.equal(second.signatures, signatures)
  assert.ok(second.approvals >= signatures + 3, String(second.approvals))
})
