import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { DecidedAnswer, RequestItem } from "../../src/api/access-requests.ts"
import type { MetadataAnswer } from "../../src/api/secrets.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client, HeaderFields } from "../kit/client.ts"
import { codeOf } from "../kit/factors.ts"
import { access, approve, cancel, deny, governed, LEDGER, stateOf } from "../kit/governed.ts"
import { createSecret, type OrProblem, REASON, secretPath } from "../kit/secrets.ts"

const EMERGENCY = "The closing run stands still and nobody answers"

function smash(client: Client, over: object = {}, headers: HeaderFields = {}): Promise<OrProblem<DecidedAnswer>> {
  return client.post("/api/break-glass", { secrets: [LEDGER], reason: EMERGENCY, ...over }, headers)
}

/** Finn is named before there is anything to guard. */
async function play() {
  const scene = await governed(
    { finn: ["finance"], gail: ["finance"], audra: ["auditor"], hugo: ["hr"] },
    {
      first: async (admin) => {
        const { users } = (await admin.get<{ users: { id: string; username: string }[] }>("/api/users")).body
        const id = users.find(({ username }) => username === "finn")?.id
        const named = await admin.patch(`/api/users/${id}`, { breakGlass: true })
        assert.equal(named.status, 200, named.text)
      },
    },
  )
  after(() => scene.stage.close())
  return { ...scene, finn: await scene.equip("finn"), gail: await scene.equip("gail") }
}

async function rotationDue(client: Client): Promise<string | null> {
  const answer = await client.get<MetadataAnswer>(secretPath(LEDGER, "metadata"))
  assert.equal(answer.status, 200, answer.text)
  return answer.body.rotationDueSince
}

test("only who is named, with a second factor, for what the roles allow anyway", async () => {
  const { finn, gail, people } = await play()
  const unnamed = await smash(gail.client, {}, await gail.stepUp("govern"))
  assert.deepEqual([unnamed.status, unnamed.body.code], [403, "forbidden"])
  assert.equal(codeOf(await smash(finn.client)), "verification_required")
  assert.equal(codeOf(await smash(finn.client, {}, await finn.stepUp("read", [LEDGER]))), "verification_required")
  assert.equal(codeOf(await smash(people.hugo)), "forbidden")
  const token = await finn.stepUp("govern")
  assert.equal(codeOf(await smash(finn.client, { secrets: ["employee/wages"] }, token)), "forbidden")
  assert.equal(codeOf(await smash(finn.client, { secrets: ["financial/none"] }, token)), "not_found")
})

test("minutes and reasons at their limits", async () => {
  const { finn } = await play()
  for (const over of [
    { minutes: 0 },
    { minutes: 61 },
    { minutes: 1.5 },
    { minutes: null },
    { reason: "x".repeat(19) },
    { reason: "x".repeat(1001) },
    { secrets: [] },
    { secrets: [LEDGER, LEDGER] },
    { secrets: Array.from({ length: 51 }, (_, at) => `financial/s-${at}`) },
    { uses: 3 },
  ]) {
    const answer = await smash(finn.client, over)
    assert.equal(answer.status, 400, `${JSON.stringify(over).slice(0, 80)}: ${answer.text}`)
  }
  for (const over of [{ minutes: 1 }, { minutes: 60 }, { reason: "x".repeat(20) }]) {
    const opened = await smash(finn.client, over, await finn.stepUp("govern"))
    assert.equal(opened.status, 201, opened.text)
    const [grant] = opened.body.grants ?? []
    const lives = Date.parse(grant?.expiresAt ?? "") - Date.parse(grant?.createdAt ?? "")
    const minutes = "minutes" in over ? over.minutes : 30
    assert.ok(Math.abs(lives - minutes * 60_000) < 1000, `${lives}`)
  }
})

test("one token opens once", async () => {
  const { finn } = await play()
  const token = await finn.stepUp("govern")
  const answers = await Promise.all(Array.from({ length: 50 }, () => smash(finn.client, {}, token)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
})

test("alarmed at once; it ends with its window; the secret is due for a new value; another person reviews it once", async () => {
  const { finn, gail, ada, people, clock, stage } = await play()
  const opened = await smash(finn.client, { minutes: 10 }, await finn.stepUp("govern"))
  assert.equal(opened.status, 201, opened.text)
  const id = opened.body.id ?? ""
  const [entry] = await entriesOf(ada.client, { action: "BREAK_GLASS", result: "SUCCESS" })
  assert.match(entry?.details ?? "", /alarm=true/)
  assert.equal((await access(finn.client)).body.value, "the books")
  assert.equal(codeOf(await access(gail.client)), "approval_required")
  assert.equal(await rotationDue(finn.client), null)

  // Nobody turns it into an ordinary request, and it is not reviewed while it is open.
  assert.equal(codeOf(await approve(gail.client, id, gail.code())), "request_closed")
  assert.equal(codeOf(await deny(gail.client, id)), "request_closed")
  assert.equal(codeOf(await cancel(finn.client, id)), "request_closed")
  assert.equal(codeOf(await review(gail.client, id)), "request_closed")

  const end = Date.parse(opened.body.grants?.[0]?.expiresAt ?? "")
  clock.advance(end - clock.now() - 30_000)
  await stage.server.runJobs()
  assert.equal(await stateOf(finn.client, id), "pending")
  assert.equal((await access(finn.client)).status, 200)
  clock.advance(Math.max(0, end - clock.now()))
  assert.equal(codeOf(await access(finn.client)), "approval_required")
  await Promise.all([stage.server.runJobs(), stage.server.runJobs()])
  assert.ok((await rotationDue(finn.client)) !== null)
  const ended = await entriesOf(ada.client, { action: "BREAK_GLASS_ENDED", result: "SUCCESS" })
  assert.equal(ended.length, 1)

  assert.equal(codeOf(await review(finn.client, id)), "forbidden")
  assert.equal(codeOf(await review(people.hugo, id)), "not_found")
  const reviews = await Promise.all([
    ...Array.from({ length: 10 }, () => review(gail.client, id)),
    ...Array.from({ length: 10 }, () => review(people.audra, id)),
  ])
  assert.equal(reviews.filter(({ status }) => status === 200).length, 1)
  assert.equal(await stateOf(finn.client, id), "reviewed")

  const put = await gail.client.put(
    secretPath(LEDGER),
    { value: "new books", reason: REASON },
    await gail.stepUp("write", [LEDGER]),
  )
  assert.equal(put.status, 200, put.text)
  assert.equal(await rotationDue(finn.client), null)
})

function review(client: Client, id: string): Promise<OrProblem<RequestItem>> {
  return client.post(`/api/access-requests/${id}/review`, { reason: REASON })
}

test("a second emergency does not move the day since when the value is due", async () => {
  const { finn, clock, stage, ada } = await play()
  await createSecret(ada.client, "financial/other", "other books")
  const seen: (string | null)[] = []
  for (let round = 0; round < 2; round++) {
    const opened = await smash(
      finn.client,
      { minutes: 1, secrets: [LEDGER, "financial/other"] },
      await finn.stepUp("govern"),
    )
    assert.equal(opened.status, 201, opened.text)
    assert.equal(opened.body.grants?.length, 2)
    clock.advance(61_000)
    await stage.server.runJobs()
    seen.push(await rotationDue(finn.client))
  }
  assert.ok(seen[0] !== null)
  assert.equal(seen[0], seen[1])
})

test("the window of somebody who loses the name, the role or the account is closed with it", async () => {
  const { finn, ada, ids } = await play()
  const opened = await smash(finn.client, {}, await finn.stepUp("govern"))
  assert.equal(opened.status, 201, opened.text)
  assert.equal((await ada.client.delete(`/api/grants/${opened.body.grants?.[0]?.id}`)).status, 200)
  assert.equal(codeOf(await access(finn.client)), "approval_required")
  assert.equal((await ada.client.patch(`/api/users/${ids.finn}`, { breakGlass: false })).status, 200)
  assert.equal(codeOf(await smash(finn.client)), "unauthenticated")
})
