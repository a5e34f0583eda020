import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { IssuedToken } from "../../src/api/users.ts"
import { clientOf } from "../kit/client.ts"
import { approve, ask, governed, pending } from "../kit/governed.ts"
import { addProgram, addRoles } from "../kit/people.ts"
import { createSecret, REASON } from "../kit/secrets.ts"

/** A program is no way around a second person. */

const PAYROLL = {
  secretPattern: "payroll/*",
  allowedRoles: ["admin", "finance"],
  requiresApproval: true,
  reason: REASON,
}

async function play() {
  let program: Awaited<ReturnType<typeof addProgram>> | undefined
  const scene = await governed(
    { bob: ["admin"], gail: ["finance"] },
    {
      first: async (admin) => {
        assert.equal((await admin.post("/api/policies", PAYROLL)).status, 201)
        program = await addProgram(admin, "payer", ["finance"])
        await createSecret(admin, "payroll/list", "salaries")
      },
    },
  )
  after(() => scene.stage.close())
  if (program === undefined) throw new Error("no program")
  return { ...scene, program }
}

test("an admin alone gives no program a role that opens", async () => {
  const { ada } = await play()
  for (const roles of [["finance"], ["admin"], ["developer", "finance"]]) {
    const body = { name: "puppet", roles, reason: "Pays the salaries" }
    const made = await ada.client.post("/api/service-accounts", body, await ada.stepUp("govern"))
    assert.equal(made.status, 403, made.text)
  }
  await addRoles(ada.client, ["visitor"])
  const made = await ada.client.post<{ id: string }>("/api/service-accounts", {
    name: "puppet",
    roles: ["visitor"],
    reason: "Pays the salaries",
  })
  assert.equal(made.status, 201, made.text)
  const path = `/api/users/${made.body.id}`
  assert.equal((await ada.client.patch(path, { roles: ["finance"] })).status, 403)
  assert.equal(
    pending(await ada.client.patch(path, { roles: ["finance"] }, await ada.stepUp("govern"))).effectiveAt,
    null,
  )
})

test("who issued a program's token does not decide what it asks for, nor who handed it on", async () => {
  const { people, program, ids, ada } = await play()
  const issued = await people.bob.post<IssuedToken>(`/api/service-accounts/${program.id}/tokens`, { reason: REASON })
  assert.equal(issued.status, 201, issued.text)
  const puppet = clientOf(people.bob.url, issued.body.token)
  const wanted = await ask(puppet, { secrets: ["payroll/list"] })
  assert.equal(wanted.status, 201, wanted.text)
  const id = wanted.body.id ?? ""
  const barred = await approve(people.bob, id)
  assert.deepEqual([barred.status, barred.body["bar"]], [403, "changed_requester"], barred.text)
  // The owner, who may hold a token too, hands the program on.
  const handed = await people.bob.patch(`/api/service-accounts/${program.id}`, { ownerId: ids.bob, reason: REASON })
  assert.equal(handed.status, 200, handed.text)
  const owned = await approve(people.bob, id)
  assert.equal(owned.body["bar"], "own_program", owned.text)
  const former = await approve(ada.client, id, ada.code())
  assert.deepEqual([former.status, former.body["bar"]], [403, "changed_requester"], former.text)
  assert.equal((await approve(people.gail, id)).status, 200)
})
