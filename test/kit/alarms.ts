import assert from "node:assert/strict"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Client as PgClient } from "pg"
import { databaseUrlOf } from "./engine.ts"
import { approve, asked, type Equipped, type Governed, governed, LEDGER, pending } from "./governed.ts"
import { logIn } from "./people.ts"
import { rotate, scheduled, until as rotationIs } from "./rotated.ts"
import { createSecret, read, REASON, secretPath } from "./secrets.ts"
import type { ServerOptions } from "./server.ts"
import { runPast } from "./tamper.ts"

/** A production server, and on it the things that alarms watch for, to be done for real. */
export interface AlarmScene extends Governed<"finn" | "dev" | "hugo" | "bela"> {
  /** A round of what happens by itself, also where the database refuses it. */
  readonly jobs: () => Promise<void>
  readonly readMasked: () => Promise<unknown>
  readonly readRefused: () => Promise<unknown>
  /** One of 40 different secrets. */
  readonly readOneOf: (at: number) => Promise<unknown>
  readonly logInWrong: () => Promise<unknown>
  readonly remove: () => Promise<void>
  /** At once, by ada, with bela's approval. */
  readonly purge: () => Promise<void>
  /** The same without it, which is refused. */
  readonly purgeUnapproved: () => Promise<void>
  readonly breakGlass: () => Promise<void>
  readonly tightenPolicy: () => Promise<void>
  /** Of what was tightened; one admin may. */
  readonly loosenPolicy: () => Promise<void>
  /** Of the guarded secrets: asked for by one, `between`, and approved by another. */
  readonly loosenGuarded: (between: () => Promise<void>) => Promise<void>
  readonly tamperRow: () => Promise<void>
  readonly tamperPolicies: () => Promise<void>
  readonly stepClock: () => Promise<void>
  readonly failRotation: () => Promise<void>
  /** While `use` runs neither checkpoints nor entries reach the mirror folder. */
  readonly withoutMirror: (use: () => Promise<void>) => Promise<void>
  /** So many entries at least. */
  readonly fillLog: (entries: number) => Promise<void>
  /** While `use` runs nothing can be recorded. */
  readonly withoutLedger: (use: () => Promise<void>) => Promise<void>
  readonly metric: (line: string) => Promise<boolean>
}

const MINUTE_MS = 60_000
const ROTATED = "config/rotated"

export async function alarmScene(env: ServerOptions["env"]): Promise<AlarmScene> {
  const scene = await governed(
    { finn: ["finance"], dev: ["developer"], hugo: ["hr"], bela: ["admin"] },
    { env: { ...env, AUDIT_MIRROR_FILE: "true" }, first: nameForBreakGlass },
  )
  return prepared(scene).catch(async (error: unknown) => {
    await scene.stage.close()
    throw error
  })
}

async function prepared(scene: Governed<"finn" | "dev" | "hugo" | "bela">): Promise<AlarmScene> {
  const { clock, stage, people, ada } = scene
  const { server } = stage
  const finn: Equipped = await scene.equip("finn")
  const jobs = (): Promise<void> => server.runJobs().catch(() => undefined)
  await createSecret(ada.client, "config/read", "a value")
  for (let at = 0; at < 40; at++) await createSecret(ada.client, `config/one-of-${at}`, "a value")
  await createSecret(ada.client, ROTATED, { password: "first", generate: { kind: "password" } })
  await scheduled(ada.client, ROTATED, { days: 1, strategy: "generated" })
  // What it took to get here is over and forgotten.
  clock.advance(20 * MINUTE_MS)
  await jobs()

  let policyId = ""
  let removed = 0
  const confirmed = (name: string): object => ({
    confirmationCode: `DELETE-${name}-${new Date(clock.now()).toISOString().slice(0, 10)}`,
    reason: REASON,
  })
  const narrow = (requiresMfa: boolean): object => ({
    secretPattern: "config/narrow/*",
    allowedRoles: ["admin", "developer"],
    requiresMfa,
    reason: REASON,
  })

  return {
    ...scene,
    jobs,
    readMasked: () => read(people.dev, "config/read", { unmask: false }),
    readRefused: () => read(people.hugo, "config/read"),
    readOneOf: (at) => read(people.dev, `config/one-of-${at}`),
    logInWrong: () => server.anonymous.post("/api/auth/login", { username: "hugo", password: "not the one" }),
    async remove() {
      const name = `config/going-${++removed}`
      await createSecret(ada.client, name, "a value")
      const gone = await ada.client.delete(secretPath(name), confirmed(name))
      assert.equal(gone.status, 200, gone.text)
    },
    async purge() {
      const name = `config/going-${++removed}`
      await createSecret(ada.client, name, "a value")
      const requestId = await asked(ada.client, { secrets: [name], verb: "purge" })
      const approved = await approve(people.bela, requestId)
      assert.equal(approved.status, 200, approved.text)
      const stepped = await ada.stepUp("purge", [name])
      const gone = await ada.client.delete(secretPath(name), { ...confirmed(name), forceDelete: true }, stepped)
      assert.equal(gone.status, 200, gone.text)
      assert.equal((await read(ada.client, name)).status, 404)
    },
    async purgeUnapproved() {
      const name = `config/going-${++removed}`
      await createSecret(ada.client, name, "a value")
      const stepped = await ada.stepUp("purge", [name])
      const gone = await ada.client.delete(secretPath(name), { ...confirmed(name), forceDelete: true }, stepped)
      assert.equal(gone.status, 403, gone.text)
    },
    async breakGlass() {
      const body = { secrets: [LEDGER], reason: "The closing run stands still and nobody answers" }
      const opened = await finn.client.post("/api/break-glass", body, await finn.stepUp("govern"))
      assert.equal(opened.status, 201, opened.text)
    },
    async tightenPolicy() {
      const made = await ada.client.post<{ id: string }>("/api/policies", narrow(true))
      assert.equal(made.status, 201, made.text)
      policyId = made.body.id
    },
    async loosenPolicy() {
      const eased = await ada.client.put(`/api/policies/${policyId}`, narrow(false))
      assert.equal(eased.status, 200, eased.text)
    },
    async loosenGuarded(between) {
      const easier = {
        secretPattern: "financial/*",
        allowedRoles: ["admin", "finance"],
        requiresMfa: true,
        maxAccessPerDay: 999,
        reason: REASON,
      }
      const asked = await ada.client.put("/api/policies/financial", easier, await ada.stepUp("govern"))
      const { requestId } = pending(asked)
      await between()
      const approved = await approve(people.bela, requestId)
      assert.equal(approved.status, 200, approved.text)
    },
    async tamperRow() {
      const flip = "UPDATE principal SET break_glass = NOT break_glass WHERE name = ?1"
      assert.equal((await runPast(server.folder, flip, "hugo")).changes, 1)
      await assert.rejects(logIn(server.url, "hugo"))
      await runPast(server.folder, flip, "hugo")
    },
    async tamperPolicies() {
      const move = (by: number) => runPast(server.folder, `UPDATE log_head SET policy_epoch = policy_epoch + ${by}`)
      await move(1)
      assert.equal((await read(people.dev, "config/read")).body.code, "policy_tampered")
      await move(-1)
    },
    async stepClock() {
      clock.step(6 * MINUTE_MS)
      await jobs()
    },
    async failRotation() {
      const put = await ada.client.put(secretPath(ROTATED), { value: { password: "by hand" }, reason: REASON })
      assert.equal(put.status, 200, put.text)
      const started = await rotate(ada.client, ROTATED)
      assert.equal(started.status, 202, started.text)
      await rotationIs(ada.client, ROTATED, ({ rotations: [newest] }) => newest?.state === "failed")
    },
    async withoutMirror(use) {
      const folder = server.mirrorFolder
      renameSync(folder, `${folder}-away`)
      writeFileSync(folder, "in the way")
      try {
        await use()
      } finally {
        rmSync(folder)
        renameSync(`${folder}-away`, folder)
      }
    },
    async fillLog(entries) {
      const names = Array.from({ length: 40 }, (_, at) => `config/one-of-${at}`)
      for (let made = 0; made < entries; made += names.length) {
        const answer = await people.dev.post("/api/secrets/access", { names, reason: REASON, unmask: false })
        assert.equal(answer.status, 200, answer.text)
      }
    },
    withoutLedger: (use) => withoutLedger(server.folder, server.dataFolder, use),
    metric: async (line) => (await ada.client.get("/metrics")).text.includes(`\n${line}\n`),
  }
}

async function nameForBreakGlass(admin: Governed<never>["ada"]["client"]): Promise<void> {
  const { users } = (await admin.get<{ users: { id: string; username: string }[] }>("/api/users")).body
  const id = users.find(({ username }) => username === "finn")?.id
  assert.equal((await admin.patch(`/api/users/${id}`, { breakGlass: true })).status, 200)
}

/** SQLite: somebody else holds the write lock. PostgreSQL: the head row's table has another name. */
async function withoutLedger(folder: string, dataFolder: string, use: () => Promise<void>): Promise<void> {
  const url = databaseUrlOf(folder)
  if (url === null) {
    const other = new DatabaseSync(join(dataFolder, "tyler.db"), { timeout: 5000 })
    other.exec("BEGIN IMMEDIATE")
    try {
      await use()
    } finally {
      other.exec("ROLLBACK")
      other.close()
    }
    return
  }
  const other = new PgClient({ connectionString: url })
  await other.connect()
  await other.query("ALTER TABLE log_head RENAME TO log_head_away")
  try {
    await use()
  } finally {
    await other.query("ALTER TABLE log_head_away RENAME TO log_head")
    await other.end()
  }
}

export async function times(count: number, act: (at: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at++) await act(at)
}
