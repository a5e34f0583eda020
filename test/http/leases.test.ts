import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { BatchAnswer } from "../../src/api/access.ts"
import type { DecidedAnswer } from "../../src/api/access-requests.ts"
import type { Client } from "../kit/client.ts"
import { codeOf } from "../kit/factors.ts"
import { access, approve, ask, asked, type Equipped, governed, LEDGER } from "../kit/governed.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"

/** What a grant opens: how often, how long, for whom, and which secret. */

const DAY_MS = 86_400_000

async function play() {
  const scene = await governed({ finn: ["finance"], gail: ["finance"], hugo: ["hr"] })
  after(() => scene.stage.close())
  const finn = await scene.equip("finn")
  const { gail } = scene.people
  /** A grant that stands for the second factor as well. */
  const grant = async (over: object = {}, secrets: readonly string[] = [LEDGER]): Promise<DecidedAnswer> => {
    const id = await asked(finn.client, { secrets, uses: null, ...over }, await finn.stepUp("read", secrets))
    const given = await approve(gail, id)
    assert.equal(given.status, 200, given.text)
    return given.body as DecidedAnswer
  }
  return { ...scene, finn, gail, grant }
}

async function revoke(client: Client, { grants }: DecidedAnswer): Promise<void> {
  for (const { id } of grants) assert.equal((await client.delete(`/api/grants/${id}`)).status, 200)
}

test("a grant opens as often as it says, under 100 reads at once", async () => {
  const { finn, gail, grant } = await play()
  // Masked answers are not counted by the day.
  const masked = (): Promise<{ status: number; body: object }> =>
    finn.client.post(secretPath(LEDGER, "access"), { reason: REASON })
  for (const uses of [1, 2, 99, 100, 101]) {
    const given = await grant({ uses })
    const answers = await Promise.all(Array.from({ length: 100 }, masked))
    const refused = answers.filter(({ status }) => status !== 200)
    const codes = new Set(refused.map(({ body }) => (body as { code: string }).code))
    assert.equal(100 - refused.length, Math.min(uses, 100), [...codes].join())
    assert.deepEqual([...codes], uses < 100 ? ["approval_required"] : [])
    const left = (await finn.client.get<{ grants: { usesLeft: number }[] }>("/api/grants")).body.grants
    assert.deepEqual(
      left.map(({ usesLeft }) => usesLeft),
      uses > 100 ? [uses - 100] : [],
    )
    if (uses > 100) await revoke(gail, given)
  }
})

test("a grant for 1,000 uses or any number is given; 0, 1,001 and fractions are not", async () => {
  const { finn } = await play()
  for (const uses of [1, 2, 1000, null]) await asked(finn.client, { uses })
  for (const uses of [0, -1, 1001, 1.5, "1", true, [1]]) {
    const body = { secrets: [LEDGER], verb: "read", reason: REASON, uses }
    const answer = await finn.client.post<{ code: string }>("/api/access-requests", body)
    assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"], JSON.stringify(uses))
  }
})

test("minutes: policy's limit and not one more; a shorter one that policy names later holds too", async () => {
  const { finn, gail, ada } = await play()
  for (const minutes of [1, 59, 60]) await asked(finn.client, { minutes })
  for (const minutes of [61, 10_080]) {
    const answer = await finn.client.post<{ field?: string; limit?: number }>("/api/access-requests", {
      secrets: [LEDGER],
      verb: "read",
      reason: REASON,
      minutes,
    })
    assert.deepEqual([answer.status, answer.body.field, answer.body.limit], [400, "/minutes", 60], answer.text)
  }
  for (const minutes of [0, -1, 1.5, 10_081, "60", null])
    assert.equal(
      (await finn.client.post("/api/access-requests", { secrets: [LEDGER], verb: "read", reason: REASON, minutes }))
        .status,
      400,
    )
  const id = await asked(finn.client)
  const row = { secretPattern: "financial/*", allowedRoles: ["admin", "finance"], requiresMfa: true }
  const shorter = { ...row, requiresApproval: true, maxAccessPerDay: 10, grantMinutes: 5, reason: REASON }
  assert.equal((await ada.client.put("/api/policies/financial", shorter)).status, 200)
  const given = await approve(gail, id)
  const [one] = given.body.grants ?? []
  assert.equal(
    Date.parse(one?.expiresAt ?? "") - Date.parse(one?.createdAt ?? "") <= 5 * 60_000 + 1000,
    true,
    given.text,
  )
})

test("a grant ends at its millisecond, and a clock that is set back revives it not", async () => {
  const { finn, clock, grant } = await play()
  const { grants } = await grant({ minutes: 10 })
  const end = Date.parse(grants[0]?.expiresAt ?? "")
  clock.advance(end - clock.now() - 30_000)
  assert.equal((await access(finn.client)).status, 200)
  clock.advance(Math.max(0, end - clock.now()))
  assert.equal(codeOf(await access(finn.client)), "approval_required")
  clock.step(-9 * 60_000)
  assert.equal(codeOf(await access(finn.client)), "approval_required")
  assert.deepEqual((await finn.client.get<{ grants: unknown[] }>("/api/grants")).body.grants, [])
})

test("a request that nobody decided lapses after seven days and cannot be decided any more", async () => {
  const { finn, clock, signIn } = await play()
  const id = await asked(finn.client)
  const lapses = Date.parse((await finn.client.get<{ expiresAt: string }>(`/api/access-requests/${id}`)).body.expiresAt)
  clock.advance(lapses - clock.now() - 40_000)
  const early = await signIn("gail")
  const before = await early.get<{ state: string }>(`/api/access-requests/${id}`)
  assert.equal(before.body.state, "pending")
  clock.advance(Math.max(0, lapses - clock.now()))
  const gail = await signIn("gail")
  const shown = await gail.get<{ state: string }>(`/api/access-requests/${id}`)
  assert.equal(shown.body.state, "expired")
  for (const verb of ["approve", "deny"]) {
    const answer = await gail.post(
      `/api/access-requests/${id}/${verb}`,
      verb === "deny" ? { reason: REASON } : undefined,
    )
    assert.deepEqual([codeOf(answer), answer.body["state"]], ["request_closed", "expired"])
  }
})

test("a grant is one person's, one secret's and one verb's", async () => {
  const { finn, gail, ada, grant, clock } = await play()
  await createSecret(ada.client, "financial/other", "other books")
  await grant()
  assert.equal((await access(finn.client)).status, 200)
  assert.equal((await finn.client.post(secretPath(LEDGER, "access"), { reason: REASON })).status, 200)
  assert.equal(codeOf(await access(gail)), "approval_required")
  assert.equal(codeOf(await access(finn.client, {}, "financial/other")), "approval_required")
  const today = new Date(clock.now()).toISOString().slice(0, 10)
  const purge = { confirmationCode: `DELETE-${LEDGER}-${today}`, reason: REASON, forceDelete: true }
  const refused = await ada.client.delete<{ code: string }>(secretPath(LEDGER), purge)
  assert.notEqual(refused.status, 200, refused.text)
  const write = await finn.client.put<{ code: string }>(secretPath(LEDGER), { value: "x", reason: REASON })
  assert.equal(write.body.code, "verification_required", write.text)
  for (const name of ["Financial/ledger", "financial/LEDGER", "financial/ledger ", "financial//ledger"]) {
    const answer = await finn.client.post<{ code: string }>(secretPath(encodeURIComponent(name), "access"), {
      reason: REASON,
      unmask: true,
    })
    assert.notEqual(answer.status, 200, name)
  }
})

test("of a batch what is granted is given and the rest refused, item by item", async () => {
  const { finn, ada, grant } = await play()
  await createSecret(ada.client, "financial/other", "other books")
  await grant({ uses: 1 })
  const body = { names: [LEDGER, "financial/other", "hr/none"], reason: REASON, unmask: true }
  const answer = await finn.client.post<BatchAnswer>("/api/secrets/access", body)
  const codes = answer.body.items.map((item) => ("code" in item ? item.code : "value" in item ? item.value : ""))
  assert.deepEqual(codes, ["the books", "approval_required", "forbidden"], answer.text)
  assert.equal(codeOf(await access(finn.client)), "approval_required", "its one use is gone")
})

async function deleted(ada: Equipped, now: number): Promise<void> {
  const confirmationCode = `DELETE-${LEDGER}-${new Date(now).toISOString().slice(0, 10)}`
  const body = { confirmationCode, reason: "It was stored for another company", recoveryDays: 7 }
  const answer = await ada.client.delete(secretPath(LEDGER), body, await ada.stepUp("delete", [LEDGER]))
  assert.equal(answer.status, 200, answer.text)
}

test("a deleted secret is closed, a restored one is the same; purged and made again it is another one", async () => {
  const { finn, ada, clock, grant, stage, signIn } = await play()
  await grant()
  const waiting = await asked(finn.client)
  await deleted(ada, clock.now())
  assert.equal(codeOf(await access(finn.client)), "secret_pending_deletion")
  const restored = await ada.client.post(
    secretPath(LEDGER, "restore"),
    { reason: REASON },
    await ada.stepUp("delete", [LEDGER]),
  )
  assert.equal(restored.status, 200, restored.text)
  assert.equal((await access(finn.client)).status, 200)
  await deleted(ada, clock.now())
  clock.advance(7 * DAY_MS - 3_600_000)
  await stage.server.runJobs()
  clock.advance(3_600_000 + 60_000)
  await stage.server.runJobs()
  const admin = await signIn("ada", ada.app)
  await createSecret(admin, LEDGER, "other books")
  const again = await signIn("finn", finn.app)
  assert.equal(codeOf(await access(again)), "approval_required")
  const late = await approve(await signIn("gail"), waiting)
  assert.equal(codeOf(late), "request_closed")
})

test("nobody asks to read a secret that awaits deletion", async () => {
  const { finn, ada, clock } = await play()
  await deleted(ada, clock.now())
  assert.equal(codeOf(await ask(finn.client)), "secret_pending_deletion")
})

test("a revoked grant is gone for good; others than its holder, deciders and admins do not see it", async () => {
  const { finn, gail, ada, grant, stage, people } = await play()
  const given = await grant()
  const [one] = given.grants
  assert.equal(codeOf(await stage.people.hugo.client.delete(`/api/grants/${one?.id}`)), "unauthenticated")
  assert.equal(codeOf(await people.hugo.delete(`/api/grants/${one?.id}`)), "not_found")
  assert.equal((await finn.client.delete(`/api/grants/${one?.id}`)).status, 200)
  assert.equal(codeOf(await finn.client.delete(`/api/grants/${one?.id}`)), "not_found")
  assert.equal(codeOf(await access(finn.client)), "approval_required")
  await revoke(gail, await grant())
  await revoke(ada.client, await grant())
  assert.equal(codeOf(await access(finn.client)), "approval_required")
})
