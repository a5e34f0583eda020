import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { LoginAnswer } from "../../src/api/auth.ts"
import { clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, codeOf, enrolApp, enrolPasskey, logInHalf, passkeyShown, STEP_MS, stepUp } from "../kit/factors.ts"
import { ADMIN_NAME, logIn } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage } from "../kit/stage.ts"

const LEDGER = "financial/ledger"
const MAIN = "database/main"
const NEW_PASSWORD = "another several harbour words"

/** Finn has an app, a passkey, a grant that stands for his factor, and a request of somebody's to decide. */
async function scene() {
  const clock = movableClock()
  const stage = await openStage({ finn: ["finance", "dba"], gail: ["finance"], second: ["admin"] }, { clock })
  after(() => stage.close())
  // Later than the week in which whom an admin has made does not approve what that admin asks for.
  clock.advance(8 * 86_400_000)
  const { url } = stage.server
  const signIn = async (name: "finn" | "gail" | "second") => ({ ...stage.people[name], client: await logIn(url, name) })
  const [finn, gail, second] = [await signIn("finn"), await signIn("gail"), await signIn("second")]
  const admin = await logIn(url, ADMIN_NAME)
  for (const name of [LEDGER, MAIN]) await createSecret(admin, name, "value")
  const app = await enrolApp(finn.client, clock.now())
  const next = (of = app): string => {
    clock.advance(STEP_MS)
    return appCode(of.seed, clock.now())
  }
  const passkey = await enrolPasskey(
    finn.client,
    stage.server.publicUrl,
    await stepUp(finn.client, "govern", [], { code: next() }),
  )
  const boss = await enrolApp(admin, clock.now())
  const asks = { secrets: [LEDGER], verb: "read", reason: REASON }
  const token = await stepUp(finn.client, "read", [LEDGER], { code: next() })
  const own = await finn.client.post<{ id: string }>("/api/access-requests", { ...asks, uses: null }, token)
  assert.equal((await gail.client.post(`/api/access-requests/${own.body.id}/approve`)).status, 200)
  assert.equal((await read(finn.client, LEDGER)).status, 200)
  const theirs = (await gail.client.post<{ id: string }>("/api/access-requests", asks)).body.id
  /** The admin asks, the other admin approves. */
  const reset = async (change: object): Promise<void> => {
    const govern = await stepUp(admin, "govern", [], { code: next(boss) })
    const asked = await admin.patch<{ requestId: string }>(
      `/api/users/${finn.id}`,
      { ...change, reason: REASON },
      govern,
    )
    assert.equal(asked.status, 202, asked.text)
    const approved = await second.client.post(`/api/access-requests/${asked.body.requestId}/approve`)
    assert.equal(approved.status, 200, approved.text)
  }
  return { clock, stage, app, next, passkey, theirs, reset, finn, gail }
}

test("factors reset: the old ones are dead, the grants gone, and nothing is decided or read before a new one", async () => {
  const { clock, stage, next, theirs, reset, finn } = await scene()
  const half = await logInHalf(stage.server.url, "finn")
  await reset({ resetFactors: true })
  for (const client of [half, finn.client]) assert.equal((await client.get("/api/me")).status, 401)
  const client = await logIn(stage.server.url, "finn")
  assert.equal(codeOf(await read(client, LEDGER)), "approval_required", "the grant is gone")
  assert.deepEqual((await client.get<{ grants: unknown[] }>("/api/grants")).body.grants, [])
  for (const body of [
    { verb: "read", secrets: [MAIN], code: next() },
    { verb: "govern", code: next() },
  ]) {
    const answer = await client.post<Problem>("/api/auth/verify", body)
    assert.deepEqual([answer.body.code, answer.body["requiresEnrolment"]], ["verification_required", true])
  }
  assert.equal(codeOf(await client.post("/api/auth/challenge", { purpose: "verify" })), "not_found", "no old passkey")
  for (const verb of ["approve", "deny"]) {
    const answer = await client.post(
      `/api/access-requests/${theirs}/${verb}`,
      verb === "deny" ? { reason: REASON } : {},
    )
    assert.equal(codeOf(answer), "forbidden", answer.text)
  }
  await enrolApp(client, clock.now())
  assert.notEqual(codeOf(await client.post(`/api/access-requests/${theirs}/approve`)), "forbidden")
})

test("password reset: the factors stay, but open nothing before one is enrolled anew", async () => {
  const { clock, stage, app, next, passkey, theirs, reset } = await scene()
  await reset({ password: NEW_PASSWORD, mustChangePassword: false })
  const login = { username: "finn", password: NEW_PASSWORD }
  const half = await clientOf(stage.server.url, null).post<LoginAnswer>("/api/auth/login", login)
  assert.equal(half.body.assurance, "half", half.text)
  const whole = await clientOf(stage.server.url, half.body.token).post<LoginAnswer>("/api/auth/factor", {
    code: next(),
  })
  const client = clientOf(stage.server.url, whole.body.token)
  const asked = await client.post<Problem>("/api/auth/verify", { verb: "read", secrets: [MAIN], code: next() })
  assert.deepEqual([asked.body.code, asked.body["requiresEnrolment"]], ["verification_required", true])
  assert.equal(codeOf(await read(client, LEDGER)), "approval_required", "the grant is gone")
  const shown = await passkeyShown(client, passkey, "approve", theirs)
  assert.equal(codeOf(await client.post(`/api/access-requests/${theirs}/approve`, shown)), "forbidden")
  const govern = await stepUp(client, "govern", [], { code: next() })
  const made = await enrolApp(client, clock.now(), govern)
  const token = await stepUp(client, "read", [MAIN], { code: next(made) })
  assert.equal((await read(client, MAIN, {}, token)).status, 200)
  assert.ok(app.id !== made.id)
})
