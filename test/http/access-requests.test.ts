import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { RequestItem, RequestsAnswer } from "../../src/api/access-requests.ts"
import type { Client } from "../kit/client.ts"
import { codeOf } from "../kit/factors.ts"
import { approve, ask, asked, cancel, deny, governed, LEDGER } from "../kit/governed.ts"
import { createSecret, REASON } from "../kit/secrets.ts"

/** What may be asked, who may look, and what odd requests come to. */

async function play() {
  const scene = await governed({
    finn: ["finance"],
    gail: ["finance"],
    hugo: ["hr"],
    audra: ["auditor"],
    dev: ["developer"],
  })
  after(() => scene.stage.close())
  return scene
}

test("bodies that are no request", async () => {
  const { finn } = (await play()).people
  const good = { secrets: [LEDGER], verb: "read", reason: REASON }
  const bad: readonly unknown[] = [
    "",
    "null",
    "[]",
    "{",
    {},
    { ...good, secrets: [] },
    { ...good, secrets: LEDGER },
    { ...good, secrets: [1] },
    { ...good, secrets: [null] },
    { ...good, secrets: [LEDGER, LEDGER] },
    { ...good, secrets: ["financial/../ledger"] },
    { ...good, secrets: ["financial/*"] },
    { ...good, secrets: ["/ledger"] },
    { ...good, secrets: [""] },
    { ...good, secrets: [`financial/${"x".repeat(600)}`] },
    { ...good, verb: "reveal" },
    { ...good, verb: "write" },
    { ...good, verb: "READ" },
    { ...good, verb: null },
    { ...good, verb: ["read"] },
    { ...good, reason: undefined },
    { ...good, reason: "" },
    { ...good, reason: "short" },
    { ...good, reason: "          " },
    { ...good, reason: "x".repeat(1001) },
    { ...good, reason: 5 },
    { ...good, reason: "with a \u0000 in it, which is no text" },
    { ...good, steppedUp: true },
    { ...good, needed: 0 },
    { ...good, requesterId: "somebody" },
    { ...good, state: "approved" },
    { ...good, kind: "break_glass" },
  ]
  for (const body of bad) {
    const answer = await finn.post<{ code: string }>("/api/access-requests", body)
    assert.equal(answer.status, 400, `${JSON.stringify(body)?.slice(0, 100)}: ${answer.text}`)
  }
  assert.equal((await ask(finn, { reason: "x".repeat(10) })).status, 201)
  assert.equal((await ask(finn, { reason: "x".repeat(1000) })).status, 201)
  assert.equal((await finn.get<RequestsAnswer>("/api/access-requests")).body.requests.length, 2)
})

test("50 secrets in one request, not 51; one that may not be used spoils it", async () => {
  const { ada, people } = await play()
  const names = Array.from({ length: 50 }, (_, at) => `financial/book-${at}`)
  for (const name of names) await createSecret(ada.client, name, name)
  const all = await ask(people.finn, { secrets: names })
  assert.equal(all.status, 201, all.text)
  assert.equal((await ask(people.finn, { secrets: [...names, LEDGER] })).status, 400)
  for (const [name, code] of [
    ["employee/wages", "forbidden"],
    ["employee/none", "forbidden"],
    ["financial/none", "not_found"],
    ["config/open", "forbidden"],
  ] as const) {
    await createSecret(ada.client, "employee/wages", "wages").catch(() => undefined)
    const answer = await ask(people.finn, { secrets: [LEDGER, name] })
    assert.equal(answer.body.code, code, `${name}: ${answer.text}`)
  }
  assert.equal(codeOf(await ask(people.dev, { secrets: [LEDGER] })), "forbidden")
  assert.equal(codeOf(await ask(people.dev, { secrets: ["financial/none"] })), "forbidden")
  await createSecret(ada.client, "config/open", "open")
  assert.equal(codeOf(await ask(people.dev, { secrets: ["config/open"] })), "approval_not_needed")
  const given = await approve(people.gail, all.body.id ?? "")
  assert.equal(given.body.grants?.length, 50, given.text)
})

test("50 requests wait at once, not 51, whichever way they come in; a decided one makes room", async () => {
  const { finn, gail } = (await play()).people
  const answers = await Promise.all(Array.from({ length: 70 }, () => ask(finn)))
  const made = answers.filter(({ status }) => status === 201)
  assert.equal(made.length, 50, [...new Set(answers.map(({ status, body }) => `${status} ${body.code}`))].join())
  const one = await ask(finn)
  assert.deepEqual(
    [one.status, one.body.code, one.body["scope"], one.body["limit"]],
    [429, "rate_limited", "open_requests", 50],
  )
  assert.equal((await deny(gail, made[0]?.body.id ?? "")).status, 200)
  assert.equal((await ask(finn)).status, 201)
  assert.equal((await ask(finn)).status, 429)
  assert.equal((await cancel(finn, made[1]?.body.id ?? "")).status, 200)
  assert.equal((await ask(finn)).status, 201)
  assert.equal((await ask(gail)).status, 201, "others are not concerned")
})

async function listed(client: Client, query: string): Promise<readonly string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`
    const answer = await client.get<RequestsAnswer>(`/api/access-requests?${query}${page}`)
    assert.equal(answer.status, 200, answer.text)
    ids.push(...answer.body.requests.map(({ id }) => id))
    cursor = answer.body.nextCursor
  }
  return ids
}

test("lists show what one may see, page by page and nothing twice", async () => {
  const { people, ada } = await play()
  await createSecret(ada.client, "employee/wages", "wages")
  const own: string[] = []
  for (let at = 0; at < 5; at++) own.unshift(await asked(people.finn))
  const gails = await asked(people.gail)
  const hugos = await asked(people.hugo, { secrets: ["employee/wages"] })
  assert.deepEqual(await listed(people.finn, "limit=2"), own)
  assert.deepEqual(await listed(people.finn, "of=decide&limit=1"), [gails])
  assert.deepEqual(await listed(people.gail, "of=decide&limit=2"), own)
  assert.deepEqual(await listed(people.hugo, "of=decide"), [])
  assert.deepEqual(await listed(people.dev, "of=decide"), [])
  assert.deepEqual(await listed(people.audra, "of=decide"), [], "an auditor looks and decides nothing")
  for (const watcher of [people.audra, ada.client])
    assert.deepEqual(await listed(watcher, "of=all&limit=3"), [hugos, gails, ...own])
  for (const other of [people.finn, people.hugo])
    assert.equal(codeOf(await other.get("/api/access-requests?of=all")), "forbidden")
  assert.equal((await deny(people.gail, own[0] ?? "")).status, 200)
  assert.deepEqual(await listed(people.gail, "of=decide"), own.slice(1))
  assert.deepEqual(await listed(people.finn, "state=denied"), own.slice(0, 1))
})

test("a foreign request is not there: to look at, to decide, to cancel, to review, to sign", async () => {
  const { people, ada } = await play()
  await createSecret(ada.client, "employee/wages", "wages")
  const id = await asked(people.finn)
  const missing = "00000000-0000-4000-8000-000000000000"
  for (const other of [people.hugo, people.dev])
    for (const verb of ["", "/approve", "/deny", "/cancel", "/review"]) {
      const send = (which: string) => {
        const path = `/api/access-requests/${which}${verb}`
        const body = verb === "/deny" || verb === "/review" ? { reason: REASON } : undefined
        return verb === "" ? other.get<RequestItem>(path) : other.post<RequestItem>(path, body)
      }
      const [there, nowhere] = [await send(id), await send(missing)]
      assert.deepEqual([there.status, codeOf(there)], [404, "not_found"], verb)
      assert.deepEqual(strip(there.body), strip(nowhere.body), verb)
    }
  assert.equal((await people.audra.get(`/api/access-requests/${id}`)).status, 200)
  assert.equal(codeOf(await people.audra.post(`/api/access-requests/${id}/cancel`)), "forbidden")
  assert.equal(codeOf(await approve(people.audra, id)), "not_found")
  assert.equal(codeOf(await cancel(people.gail, id)), "forbidden")
})

function strip(body: object): object {
  return { ...body, requestId: null }
}

test("cursors that this server did not make", async () => {
  const { finn } = (await play()).people
  for (let at = 0; at < 3; at++) await asked(finn)
  const { nextCursor } = (await finn.get<RequestsAnswer>("/api/access-requests?limit=1")).body
  const text = Buffer.from(nextCursor ?? "", "base64url").toString()
  const odd = [
    "",
    "x",
    "..",
    "%00",
    Buffer.from("0 ' OR 1=1 --").toString("base64url"),
    Buffer.from(`${"9".repeat(16)} abc`).toString("base64url"),
    Buffer.from("-1 abc").toString("base64url"),
    Buffer.from("1e9 abc").toString("base64url"),
    Buffer.from(`${text} `).toString("base64url"),
  ]
  for (const cursor of odd) {
    const answer = await finn.get<{ code: string }>(`/api/access-requests?cursor=${encodeURIComponent(cursor)}`)
    assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"], cursor)
  }
  for (const query of ["of=others", "state=expired", "limit=0", "limit=101", "limit=x", "of=own&of=all", "who=me"])
    assert.equal((await finn.get(`/api/access-requests?${query}`)).status, 400, query)
})

test("ids that are none", async () => {
  const { finn } = (await play()).people
  for (const id of ["x", "..%2f", "%00", "a".repeat(500), "'--"])
    for (const verb of ["approve", "cancel"]) {
      const answer = await finn.post<{ code: string }>(`/api/access-requests/${id}/${verb}`)
      assert.ok([400, 404].includes(answer.status), `${id}: ${answer.text}`)
    }
})
