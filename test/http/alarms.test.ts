import assert from "node:assert/strict"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, test } from "node:test"
import { Client as PgClient } from "pg"
import { ALARMS } from "../../src/alarm/table.ts"
import { entriesOf } from "../kit/audit.ts"
import { databaseUrlOf } from "../kit/engine.ts"
import { approve, type Equipped, type Governed, governed, LEDGER, pending } from "../kit/governed.ts"
import { logIn } from "../kit/people.ts"
import { until } from "../kit/receiver.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { startSyslog, type SyslogReceiver } from "../kit/syslog.ts"
import { runPast } from "../kit/tamper.ts"

/** A production server, an alarm's own act on it, and what then arrives outside. */

let syslog: SyslogReceiver
let scene: Governed<"finn" | "dev" | "hugo" | "bela">
let finn: Equipped
before(async () => {
  syslog = await startSyslog()
  scene = await governed(
    { finn: ["finance"], dev: ["developer"], hugo: ["hr"], bela: ["admin"] },
    {
      env: {
        NOTIFY_SYSLOG_URL: syslog.url,
        AUDIT_MIRROR_FILE: "true",
        ALARM_RUNBOOK_URL: "https://wiki.example/tyler/",
      },
      first: async (admin) => {
        const { users } = (await admin.get<{ users: { id: string; username: string }[] }>("/api/users")).body
        const id = users.find(({ username }) => username === "finn")?.id
        assert.equal((await admin.patch(`/api/users/${id}`, { breakGlass: true })).status, 200)
      },
    },
  )
  finn = await scene.equip("finn")
  await createSecret(scene.ada.client, "config/read", "a value")
  // What it took to get here is over and forgotten.
  scene.clock.advance(20 * 60_000)
  await jobs()
})
after(async () => {
  await scene.stage.close()
  await syslog[Symbol.asyncDispose]()
})

const jobs = (): Promise<void> => scene.stage.server.runJobs().catch(() => undefined)

/** What arrived about one alarm: `raised` and `over`, in order. */
function heard(slug: string): readonly string[] {
  const about = new RegExp(`^<8[0-9]+>1 .* - \ufeffid=[0-9a-f-]{36} tyler-setup-${slug} (raised|over): `)
  return syslog.lines.flatMap((line) => about.exec(line)?.[1] ?? [])
}

/** The alarm is quiet before, raised by `act`, told once however often it is looked, over later, told once. */
async function raises(
  slug: string,
  act: () => Promise<unknown>,
  lasts: () => Promise<unknown> = async () => undefined,
) {
  const earlier = heard(slug).length
  await jobs()
  assert.equal(heard(slug).length, earlier, "quiet before")
  await act()
  await jobs()
  await until(`${slug} raised`, () => heard(slug).length > earlier)
  for (let round = 0; round < 3; round++) {
    scene.clock.advance(30_000)
    await lasts()
    await jobs()
  }
  scene.clock.advance(300_001)
  await jobs()
  await until(`${slug} over`, () => heard(slug).length > earlier + 1)
  await jobs()
  assert.deepEqual(heard(slug).slice(earlier), ["raised", "over"])
}

async function quietAt(slug: string, act: () => Promise<unknown>): Promise<void> {
  const earlier = heard(slug).length
  await act()
  await jobs()
  assert.equal(heard(slug).length, earlier, `${slug} below and at its limit`)
}

async function times(count: number, act: (at: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at++) await act(at)
}

const masked = (): Promise<unknown> => read(scene.people.dev, "config/read", { unmask: false })
const refused = (): Promise<unknown> => read(scene.people.hugo, "config/read")

test("high-secret-access: 50 reads are usual, one more is not", async () => {
  await quietAt("high-secret-access", () => times(50, masked))
  await raises("high-secret-access", masked)
})

test("failed-secret-access: refusals count as failures do", async () => {
  await quietAt("failed-secret-access", () => times(10, refused))
  await raises("failed-secret-access", refused)
})

test("secret-deletion", async () => {
  await createSecret(scene.ada.client, "config/going", "a value")
  await raises("secret-deletion", async () => {
    const day = new Date(scene.clock.now()).toISOString().slice(0, 10)
    const confirmationCode = `DELETE-config/going-${day}`
    const gone = await scene.ada.client.delete(secretPath("config/going"), { confirmationCode, reason: REASON })
    assert.equal(gone.status, 200, gone.text)
  })
})

test("mass-reading: thirty different secrets, and one more; it says who", async () => {
  await times(31, (at) => createSecret(scene.ada.client, `config/mass-${at}`, "a value"))
  const one = (at: number): Promise<unknown> => read(scene.people.dev, `config/mass-${at}`)
  await quietAt("mass-reading", () => times(30, one))
  await raises("mass-reading", () => one(30))
  const line = syslog.lines.find((each) => each.includes("tyler-setup-mass-reading raised"))
  assert.match(line ?? "", /Whom it is about: dev\. /)
  assert.match(line ?? "", /What to do: https:\/\/wiki\.example\/tyler\/mass-reading$/)
})

test("lock-outs: wrong passwords are none, what is then turned away is", async () => {
  const { anonymous } = scene.stage.server
  const wrong = (): Promise<unknown> => anonymous.post("/api/auth/login", { username: "hugo", password: "not the one" })
  await quietAt("lock-outs", () => times(15, wrong))
  await raises("lock-outs", wrong)
})

test("break-glass", async () => {
  await raises("break-glass", async () => {
    const body = { secrets: [LEDGER], reason: "The closing run stands still and nobody answers" }
    const opened = await finn.client.post("/api/break-glass", body, await finn.stepUp("govern"))
    assert.equal(opened.status, 201, opened.text)
  })
})

const rowOf = (pattern: string, over: object): object => ({
  secretPattern: pattern,
  allowedRoles: ["admin", "developer"],
  reason: REASON,
  ...over,
})

test("policy-loosened: a stricter row is none; an easier one is, made at once or approved by another", async () => {
  const { client } = scene.ada
  let id = ""
  await quietAt("policy-loosened", async () => {
    const made = await client.post<{ id: string }>("/api/policies", rowOf("config/narrow/*", { requiresMfa: true }))
    assert.equal(made.status, 201, made.text)
    id = made.body.id
  })
  await raises("policy-loosened", async () => {
    const eased = await client.put(`/api/policies/${id}`, rowOf("config/narrow/*", { requiresMfa: false }))
    assert.equal(eased.status, 200, eased.text)
  })
  const { policies } = (await client.get<{ policies: { id: string; secretPattern: string }[] }>("/api/policies")).body
  const financial = policies.find(({ secretPattern }) => secretPattern === "financial/*")
  await raises("policy-loosened", async () => {
    const easier = rowOf("financial/*", { allowedRoles: ["admin", "finance"], requiresMfa: true, maxAccessPerDay: 999 })
    const asked = pending(await client.put(`/api/policies/${financial?.id}`, easier, await scene.ada.stepUp("govern")))
    const before = heard("policy-loosened").length
    await jobs()
    assert.equal(heard("policy-loosened").length, before, "what is only asked for has loosened nothing")
    const approved = await approve(scene.people.bela, asked.requestId)
    assert.equal(approved.status, 200, approved.text)
  })
})

test("row-tampered: a row that somebody wrote past the service, or the policies", async () => {
  const { folder, url } = scene.stage.server
  await raises("row-tampered", async () => {
    const flip = "UPDATE principal SET break_glass = NOT break_glass WHERE name = ?1"
    assert.equal((await runPast(folder, flip, "hugo")).changes, 1)
    await assert.rejects(logIn(url, "hugo"))
    await runPast(folder, flip, "hugo")
  })
  await raises("row-tampered", async () => {
    const move = (by: number): Promise<unknown> =>
      runPast(folder, `UPDATE log_head SET policy_epoch = policy_epoch + ${by}`)
    await move(1)
    assert.equal((await read(scene.people.dev, "config/read")).body.code, "policy_tampered")
    await move(-1)
  })
})

test("clock-step", async () => {
  await raises("clock-step", async () => {
    scene.clock.step(6 * 60_000)
    await jobs()
  })
})

test("mirror-failing: a checkpoint folder that takes nothing, for five minutes and not less", async () => {
  const folder = scene.stage.server.mirrorFolder
  renameSync(folder, `${folder}-away`)
  writeFileSync(folder, "in the way")
  try {
    await masked()
    const look = async (): Promise<void> => {
      await masked()
      await jobs()
    }
    await until("noticed", async () => {
      await look()
      return (await scene.ada.client.get("/metrics")).text.includes("tyler_mirror_failing 2")
    })
    await look()
    scene.clock.advance(290_000)
    await look()
    assert.deepEqual(heard("mirror-failing"), [])
    scene.clock.advance(20_000)
    await look()
    await until("raised", () => heard("mirror-failing").length > 0)
  } finally {
    rmSync(folder)
    renameSync(`${folder}-away`, folder)
  }
  await masked()
  scene.clock.advance(70_000)
  await until("healed", async () => {
    await jobs()
    return (await scene.ada.client.get("/metrics")).text.includes("tyler_mirror_failing 0")
  })
  scene.clock.advance(300_001)
  await jobs()
  await until("over", () => heard("mirror-failing").length > 1)
  assert.deepEqual(heard("mirror-failing"), ["raised", "over"])
})

/** Nothing can be written to the database while `use` runs. */
async function unwritable(use: () => Promise<void>): Promise<void> {
  const url = databaseUrlOf(scene.stage.server.folder)
  if (url === null) {
    const other = new DatabaseSync(join(scene.stage.server.dataFolder, "tyler.db"))
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

test("audit-write-failure: it is heard while nothing can be written down, and that it is over once it can", async () => {
  const slug = "audit-write-failure"
  assert.deepEqual(heard(slug), [])
  await unwritable(async () => {
    assert.equal((await read(scene.people.dev, "config/read")).status, 503)
    await jobs()
    await until("raised", () => heard(slug).length > 0)
    await jobs()
    assert.deepEqual(heard(slug), ["raised"])
  })
  scene.clock.advance(300_001)
  await jobs()
  await until("over", () => heard(slug).length > 1)
  assert.deepEqual(heard(slug), ["raised", "over"])
})

test("each is on record with what was said, and who sent it", async () => {
  const found = await entriesOf(scene.ada.client, { action: "ALARM_RAISED" })
  const names = new Set(found.map(({ resource_name: name }) => name))
  const played = ALARMS.filter(
    ({ name, sides }) => sides.includes("service") && !/rotation|audit-write|mirror-backlog/.test(name),
  )
  assert.deepEqual([...names].toSorted(), played.map(({ name }) => name).toSorted())
  for (const { details, resource_type: type } of found) {
    assert.equal(type, "alarm")
    assert.match(details ?? "", /^subject=\S* count=\d+ since=\d+ entry=(?:\d+|none)$/)
  }
})
