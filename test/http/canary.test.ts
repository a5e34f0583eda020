import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { RecoveryAnswer, TotpAnswer } from "../../src/api/factors.ts"
import { entriesOf } from "../kit/audit.ts"
import { filesBelow, spelledIn, spellings } from "../kit/encodings.ts"
import { appCode, enrolApp, STEP_MS, stepUp } from "../kit/factors.ts"
import { addPerson, addProgram, PASSWORD, setUpAdmin } from "../kit/people.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"

const CANARY = {
  text: "Canary/one+Kx7%qZ=leaks?",
  object: 'Canary-two:vB3~mQ9"w\\leaks',
  bytes: "Canary three Üñ leaks out",
  second: "Canary-four-2nd-version-leaks",
  refused: "Canary-five-never-accepted",
} as const
const NEW_PASSWORD = "Canary six is a new password"
/** Stands in the log on purpose: if the search did not find it, it would find nothing. */
const CONTROL = "Control reason that must be found"

/** Everything a value goes through, and many ways of putting one where it does not belong. */
async function exercise(server: ServerProcess): Promise<string[]> {
  const admin = await setUpAdmin(server)
  const person = await addPerson(admin, "dev", ["developer"])
  const program = await addProgram(admin, "robot", ["developer"])
  await createSecret(admin, "config/text", CANARY.text)
  await createSecret(admin, "config/object", { user: "app", deep: { password: CANARY.object } })
  const valueBase64 = Buffer.from(CANARY.bytes).toString("base64")
  assert.equal((await admin.post("/api/secrets", { name: "config/bytes", valueBase64 })).status, 201)
  for (const { client } of [person, program]) {
    for (const name of ["config/text", "config/object", "config/bytes"]) {
      assert.equal((await read(client, name, { reason: CONTROL })).status, 200)
      assert.equal((await read(client, name, { unmask: false })).status, 200)
      assert.equal((await read(client, name, { as: "string" })).status, 200)
    }
  }
  const names = ["config/text", "config/object", "config/none"]
  await person.client.post("/api/secrets/access", { names, reason: REASON, unmask: true })
  const key = { "idempotency-key": "c".repeat(40) }
  const update = { value: CANARY.second, reason: REASON }
  assert.equal((await person.client.put(secretPath("config/text"), update, key)).status, 200)
  await person.client.put(secretPath("config/text"), { ...update, value: CANARY.refused }, key)
  await misplace(admin, CANARY.refused)
  await misplace(server.anonymous, CANARY.refused)
  const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
  assert.equal((await person.client.post("/api/me/password", change)).status, 200)
  await server.anonymous.post("/api/auth/login", { username: "dev", password: CANARY.refused })
  await admin.post("/api/keys/rotate", { reason: REASON })
  const factors = await exerciseFactors(admin)
  assert.ok((await entriesOf(admin)).length > 30)
  await admin.get("/api/audit/export")
  return [...[admin, person.client, program.client].map(({ token }) => token ?? ""), ...factors]
}

/** Second factors in use and misplaced: the seed, the codes, and what is presented once. */
async function exerciseFactors(admin: ServerProcess["anonymous"]): Promise<string[]> {
  const { client } = await addPerson(admin, "keys", ["dba"])
  const now = Date.now()
  const app = await enrolApp(client, now - STEP_MS)
  const govern = await stepUp(client, "govern", [], { code: appCode(app.seed, now) })
  const { codes } = (await client.post<RecoveryAnswer>("/api/me/factors/recovery", {}, govern)).body
  await createSecret(admin, "database/canary", "nothing to find")
  const token = await stepUp(client, "read", ["database/canary"], { code: codes[0] })
  assert.equal((await read(client, "database/canary", {}, token)).status, 200)
  assert.equal((await read(client, "database/canary", {}, token)).status, 403)
  const { enrolment, secret } = (await client.post<TotpAnswer>("/api/me/factors/totp")).body
  const once = [...Object.values(govern), ...Object.values(token), enrolment]
  for (const one of [app.seed, secret, codes[1] ?? "", ...once]) {
    await client.post("/api/auth/verify", { verb: "govern", code: one })
    await client.post("/api/auth/verify", { verb: one, code: one, [one]: one })
    await client.post("/api/me/factors/totp/confirm", {
      enrolment: one,
      code: "123456",
      label: "x",
      password: PASSWORD,
    })
    await client.get("/api/me", { authorization: `Bearer ${one}` })
  }
  return [app.seed, secret, ...codes.flatMap((code) => [code, code.replaceAll("-", "")]), ...once]
}

/** A value in wrong fields, wrong types, broken JSON, paths, queries and headers. */
async function misplace(as: ServerProcess["anonymous"], value: string): Promise<void> {
  const access = secretPath("config/text", "access")
  for (const body of [
    { reason: REASON, unmask: value },
    { reason: REASON, as: value },
    { reason: REASON, [value]: true },
    { reason: [value] },
    `{"reason":"${value}`,
    `{"reason":"${REASON}","x":"${value}"} ${value}`,
    `"${value}"`,
  ])
    await as.post(access, body)
  await as.post(access, value, { "content-type": "text/plain" })
  await as.post("/api/secrets", { name: "config/x", value: [value] })
  await as.post("/api/secrets", { name: "config/x", value, kmsKeyId: "k" })
  await as.post("/api/secrets", { name: "config/text", value })
  await as.post("/api/secrets", { name: "config/big", value: value.repeat(4_000) })
  await as.post("/api/secrets", `{"name":"config/x","value":{"a":"${value}","a":1}}`)
  await as.put(secretPath("config/text"), { value, reason: "short" })
  await as.put(secretPath("config/text"), { value, reason: REASON, expectedVersion: "f".repeat(32) })
  await as.get("/api/me", { authorization: `Bearer ${value}` })
  await as.get("/api/me", { cookie: `tyler=${value}` })
}

test("no value, password or token lies in a file or a log, also when the server is killed", async () => {
  const server = await startProcess({ env: { LOG_LEVEL: "trace" } })
  after(() => server.close())
  const tokens = await exercise(server)
  const { stdout, stderr } = server.output()
  await server.stop("SIGKILL")
  const places = [
    ...filesBelow(server.folder),
    { path: "standard output", bytes: Buffer.from(stdout) },
    { path: "standard error", bytes: Buffer.from(stderr) },
  ]
  assert.ok(places.some(({ path }) => path.endsWith("tyler.db-wal")) && places.length >= 5, "all files are looked at")
  assert.ok(
    places.some(({ bytes }) => spelledIn(bytes, CONTROL).length > 0),
    "the search finds what is there",
  )
  const setup = server.setupToken ?? ""
  const secrets = [...Object.values(CANARY), PASSWORD, NEW_PASSWORD, ...tokens, setup]
  for (const secret of secrets) {
    for (const { path, bytes } of places) {
      // Printed there, and only there, on purpose.
      if (secret === setup && path === "standard output") continue
      assert.deepEqual(spelledIn(bytes, secret), [], `${secret.slice(0, 12)}... in ${path}`)
    }
  }
})

test("the search itself finds a value in every spelling, wherever it starts", () => {
  for (const text of Object.values(CANARY)) {
    for (const [name, spelling] of spellings(text)) {
      const hidden = Buffer.concat([Buffer.from("before"), spelling, Buffer.from("after")])
      assert.ok(spelledIn(hidden, text).includes(name), name)
    }
    for (const before of ["", "x", "xy"]) {
      const inside = Buffer.from(Buffer.from(`${before}${text}tail`).toString("base64"))
      assert.ok(
        spelledIn(inside, text).some((name) => name.startsWith("base64+")),
        before,
      )
    }
  }
})
