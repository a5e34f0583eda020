import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, test } from "node:test"
import { ALARM_RETRIES_MS, GIVE_UP_MS } from "../../src/operations/deliver.ts"
import { alarmScene } from "../kit/alarms.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Client } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { type Mailbox, startMailbox } from "../kit/mailbox.ts"
import { ADMIN_NAME, logIn, setUpAdmin } from "../kit/people.ts"
import { startProcess } from "../kit/process.ts"
import { type Receiver, startReceiver, until } from "../kit/receiver.ts"
import { createSecret, REASON, secretPath } from "../kit/secrets.ts"
import { startServer, temporaryFolder, type TestServer } from "../kit/server.ts"
import { startSyslog, type SyslogReceiver } from "../kit/syslog.ts"
import { webhookEnvironment } from "../kit/webhook.ts"

const MINUTE_MS = 60_000
const NAME = "tyler-setup-secret-deletion"

/** One receiver of each kind, which can be away. */
async function receivers() {
  let [webhook, slack]: [Receiver, Receiver] = [await startReceiver(), await startReceiver()]
  let syslog: SyslogReceiver = await startSyslog()
  let mailbox: Mailbox = await startMailbox({ disabledCommands: ["STARTTLS"] })
  const ports = [webhook.port, slack.port, syslog.port, mailbox.port] as const
  const away = async (): Promise<void> => {
    await Promise.all([webhook, slack, syslog, mailbox].map((one) => one[Symbol.asyncDispose]()))
  }
  return {
    env: {
      ...webhookEnvironment(webhook.url),
      NOTIFY_SLACK_URL: `http://127.0.0.1:${slack.port}/services/T0/B0/key`,
      NOTIFY_SYSLOG_URL: syslog.url,
      SMTP_URL: `smtp://127.0.0.1:${mailbox.port}`,
      SMTP_FROM: "tyler@example.com",
      NOTIFY_ALARM_MAIL: "duty@example.com, second@example.com",
    },
    away,
    async back() {
      ;[webhook, slack] = [await startReceiver(ports[0]), await startReceiver(ports[1])]
      syslog = await startSyslog(null, ports[2])
      mailbox = await startMailbox({ disabledCommands: ["STARTTLS"] }, ports[3])
    },
    /** What each of them has heard. */
    heard: () => ({
      webhook: webhook.posts.map(({ body }) => (JSON.parse(body) as { kind: string; subject: string }).subject),
      slack: slack.posts.map(({ body }) => (JSON.parse(body) as { text: string }).text),
      syslog: syslog.lines,
      mail: mailbox.mails.map(({ to, raw }) => `${to.join()} ${/^Subject: (.*(?:\r\n .*)*)/m.exec(raw)?.[1] ?? ""}`),
    }),
    [Symbol.asyncDispose]: away,
  }
}

async function remove(admin: Client, name: string, at = Date.now()): Promise<void> {
  await createSecret(admin, name, "a value")
  const confirmationCode = `DELETE-${name}-${new Date(at).toISOString().slice(0, 10)}`
  const gone = await admin.delete(secretPath(name), { confirmationCode, reason: REASON })
  assert.equal(gone.status, 200, gone.text)
}

const folder = temporaryFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

test("an alarm reaches all four; what is away for ten minutes, over a restart, hears it within a minute of its return", async () => {
  const clock = movableClock()
  await using outside = await receivers()
  let server: TestServer = await startServer({ folder, clock, env: outside.env })
  after(() => server.close())
  const admin = await setUpAdmin(server)
  await remove(admin, "config/first", clock.now())
  await server.runJobs()
  await until("all four", () => {
    const { webhook, slack, syslog, mail } = outside.heard()
    return webhook.length === 1 && slack.length === 1 && syslog.length === 1 && mail.length === 2
  })
  const { webhook, slack, syslog, mail } = outside.heard()
  const subject = `${NAME} raised: The deletion of a secret was asked for.`
  assert.deepEqual(webhook, [subject])
  assert.ok(slack[0]?.startsWith(`*${subject}*\n`), slack[0])
  assert.ok(syslog[0]?.includes(subject), syslog[0])
  assert.deepEqual(mail.map((each) => each.split(" ")[0] ?? "").toSorted(), ["duty@example.com", "second@example.com"])
  assert.ok(
    mail.every((each) => each.replaceAll(/\r\n /g, " ").endsWith(subject)),
    mail.join("\n"),
  )

  await outside.away()
  clock.advance(6 * MINUTE_MS)
  await server.runJobs()
  await remove(admin, "config/second", clock.now())
  for (let minute = 0; minute < 6; minute++) {
    await server.runJobs()
    await quiet(admin)
    clock.advance(MINUTE_MS)
  }
  await server.close()
  server = await startServer({ folder, clock, env: outside.env })
  const again = await logIn(server.url, ADMIN_NAME)
  for (let minute = 0; minute < 4; minute++) {
    await server.runJobs()
    await quiet(again)
    clock.advance(MINUTE_MS)
  }
  await outside.back()
  for (let seconds = 0; seconds < 60; seconds += 10) {
    clock.advance(10_000)
    await server.runJobs()
    await quiet(again)
  }
  const states = (lines: readonly string[]): readonly string[] =>
    lines.map((line) => /tyler-setup-secret-deletion (raised|over)/.exec(line.replaceAll(/\r\n /g, " "))?.[1] ?? line)
  const late = outside.heard()
  // What happened while they were away, in order: the first was over, the second raised, and over after five minutes.
  for (const lines of [late.webhook, late.slack, late.syslog])
    assert.deepEqual(states(lines), ["over", "raised", "over"])
  for (const address of ["duty@example.com", "second@example.com"])
    assert.deepEqual(states(late.mail.filter((line) => line.startsWith(address))), ["over", "raised", "over"])
})

/** No attempt is under way. */
async function quiet(admin: Client): Promise<void> {
  await until("quiet", async () => {
    const entries = await entriesOf(admin, { action: "NOTIFY" })
    const begun = entries.filter(({ result }) => result === "INTENT").length
    const gone = await entriesOf(admin, { action: "NOTIFY_FAILED" })
    return begun === entries.length - begun + gone.length
  })
}

test("killed between the deletion and anybody's looking: the next start raises it, once", async () => {
  const place = temporaryFolder()
  after(() => rmSync(place, { recursive: true, force: true }))
  await using syslog = await startSyslog()
  const env = { NOTIFY_SYSLOG_URL: syslog.url }
  const killed = await startProcess({ folder: place, env })
  try {
    await remove(await setUpAdmin(killed), "config/gone")
    await killed.stop("SIGKILL")
  } finally {
    await killed.close()
  }
  const clock = movableClock()
  clock.advance(2 * 3_600_000)
  const server = await startServer({ folder: place, clock, env })
  after(() => server.close())
  for (let round = 0; round < 3; round++) await server.runJobs()
  await until("raised and over", () => syslog.lines.length === 2)
  assert.match(syslog.lines[0] ?? "", /secret-deletion raised/)
  assert.match(syslog.lines[1] ?? "", /secret-deletion over/)
})

test("killed after it was raised and before anybody took it: the next start sends it", async () => {
  const place = temporaryFolder()
  after(() => rmSync(place, { recursive: true, force: true }))
  await using receiver = await startReceiver()
  receiver.answers = 503
  const env = webhookEnvironment(receiver.url)
  const killed = await startProcess({ folder: place, env })
  try {
    const admin = await setUpAdmin(killed)
    await remove(admin, "config/gone")
    await until("an attempt", () => receiver.posts.length > 0, 30_000)
    await quiet(admin)
    await killed.stop("SIGKILL")
  } finally {
    await killed.close()
  }
  receiver.answers = 204
  const clock = movableClock()
  clock.advance(MINUTE_MS)
  const server = await startServer({ folder: place, clock, env })
  after(() => server.close())
  await server.runJobs()
  await until("taken", () => receiver.taken().length > 0)
  const [id] = receiver.taken()
  assert.ok(receiver.posts.filter((post) => post.id === id).length > 1, "the same that was refused before")
  assert.equal(
    receiver.posts.filter(({ body }) => body.includes('"raised"') && body.includes(NAME)).length,
    receiver.posts.length,
  )
})

test("while an outage lasts half an hour nothing waits longer than a minute, and nothing is given up early", () => {
  const minutely = ALARM_RETRIES_MS.filter((ms) => ms <= MINUTE_MS)
  assert.deepEqual(ALARM_RETRIES_MS.slice(0, minutely.length), minutely)
  assert.equal(
    minutely.reduce((sum, ms) => sum + ms, 0),
    30 * MINUTE_MS,
  )
  assert.ok(ALARM_RETRIES_MS.reduce((sum, ms) => sum + ms, 0) < GIVE_UP_MS)
  assert.ok(ALARM_RETRIES_MS.reduce((sum, ms) => sum + ms, 0) > 12 * 60 * MINUTE_MS)
})

test("break-glass is one mail to every other overseer, and an alarm to programs; who is on call has the alarm", async () => {
  await using syslog = await startSyslog()
  await using mailbox = await startMailbox({ disabledCommands: ["STARTTLS"] })
  const env = {
    NOTIFY_SYSLOG_URL: syslog.url,
    SMTP_URL: `smtp://127.0.0.1:${mailbox.port}`,
    SMTP_FROM: "tyler@example.com",
  }
  const heard = (to: string): readonly string[] =>
    mailbox.mails
      .filter((mail) => mail.to.includes(to))
      .map(({ raw }) => /^Subject: (BREAK-GLASS|tyler-setup-[a-z-]+ \w+)/m.exec(raw)?.[1] ?? raw)
  for (const onCall of [[], ["duty@example.com"]]) {
    mailbox.mails.splice(0)
    const scene = await alarmScene({ ...env, ...(onCall.length === 0 ? {} : { NOTIFY_ALARM_MAIL: onCall.join() }) })
    try {
      for (const [client, email] of [
        [scene.ada.client, "ada@example.com"],
        [scene.people.bela, "bela@example.com"],
      ] as const)
        assert.equal((await client.patch("/api/me", { email })).status, 200)
      const earlier = syslog.lines.length
      await scene.breakGlass()
      await scene.jobs()
      await until("the alarm", () => syslog.lines.slice(earlier).some((line) => line.includes("break-glass raised")))
      // Behind it in each line: whoever has this one has all that came before.
      await scene.remove()
      await scene.jobs()
      const last = "tyler-setup-secret-deletion raised"
      const told = onCall.length === 0 ? ["ada@example.com", "bela@example.com"] : onCall
      await until("the deletion", () => told.every((address) => heard(address).includes(last)))
      const overseers = onCall.length === 0 ? ["BREAK-GLASS", last] : ["BREAK-GLASS"]
      for (const address of ["ada@example.com", "bela@example.com"]) {
        await until("the notice", () => heard(address).includes("BREAK-GLASS"))
        assert.deepEqual(heard(address).toSorted(), overseers)
      }
      if (onCall.length > 0) assert.deepEqual(heard("duty@example.com"), ["tyler-setup-break-glass raised", last])
    } finally {
      await scene.stage.close()
    }
  }
})
