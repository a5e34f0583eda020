import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { type Client, clientOf } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, codeOf, enrolApp, logInHalf, STEP_MS, stepUp } from "../kit/factors.ts"
import { addPerson, setUpAdmin } from "../kit/people.ts"
import { replicaSet } from "../kit/replicas.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"

const skip = (await postgresAnswers()) ? false : "postgres"
const NAME = "database/main"

test("what ends at one replica is dead at the other, which still holds the sessions", { skip }, async () => {
  await using replicas = await replicaSet()
  const clock = movableClock()
  const [first, second] = [await replicas.start(0, { clock }), await replicas.start(1, { clock })]
  const admin = await setUpAdmin(first)
  await createSecret(admin, NAME, "value")
  const ends: Readonly<
    Record<string, (client: Client, id: string, token: Readonly<Record<string, string>>) => unknown>
  > = {
    logout: (client) => client.post("/api/auth/logout"),
    disabled: (_client, id) => admin.patch(`/api/users/${id}`, { disabled: true, reason: REASON }),
    "factors reset": (_client, id) => admin.patch(`/api/users/${id}`, { resetFactors: true, reason: REASON }),
    "new roles": (_client, id) => admin.patch(`/api/users/${id}`, { roles: ["dba", "hr"], reason: REASON }),
    "new codes": (client, _id, token) => client.post("/api/me/factors/recovery", {}, token),
  }
  let person = 0
  for (const [what, end] of Object.entries(ends)) {
    const name = `person${++person}`
    const { id, client } = await addPerson(admin, name, ["dba"])
    const app = await enrolApp(client, clock.now())
    const code = (): string => {
      clock.advance(STEP_MS)
      return appCode(app.seed, clock.now())
    }
    const [half, there] = [await logInHalf(second.url, name), clientOf(second.url, client.token)]
    const token = await stepUp(there, "read", [NAME], { code: code() })
    const govern = await stepUp(there, "govern", [], { code: code() })
    await end(client, id, govern)
    const late = [
      await there.post("/api/auth/verify", { verb: "govern", code: code() }),
      await read(there, NAME, {}, token),
      await half.post("/api/auth/factor", { code: code() }),
    ].map(codeOf)
    const stays = what === "new codes"
    const halfStays = what === "logout"
    const [verified, delivered, finished] = late
    assert.equal(verified, stays ? undefined : "unauthenticated", what)
    assert.equal(delivered, stays ? "verification_required" : "unauthenticated", what)
    assert.equal(finished, halfStays ? undefined : "unauthenticated", what)
  }
})
