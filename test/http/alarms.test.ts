import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { ALARMS } from "../../src/alarm/table.ts"
import { type AlarmScene, alarmScene, times } from "../kit/alarms.ts"
import { entriesOf } from "../kit/audit.ts"
import { logInWith } from "../kit/factors.ts"
import { ADMIN_NAME } from "../kit/people.ts"
import { until } from "../kit/receiver.ts"
import { startSyslog, type SyslogReceiver } from "../kit/syslog.ts"

/** What an alarm watches for is done on a running server, and what then arrives outside is looked at. */

let syslog: SyslogReceiver
let scene: AlarmScene
before(async () => {
  syslog = await startSyslog()
  scene = await alarmScene({ NOTIFY_SYSLOG_URL: syslog.url, ALARM_RUNBOOK_URL: "https://wiki.example/tyler/" })
})
after(async () => {
  await scene.stage.close()
  await syslog[Symbol.asyncDispose]()
})

/** What arrived about one alarm: `raised` and `over`, in order. */
function heard(slug: string): readonly string[] {
  const about = new RegExp(`^<8[0-9]>1 .* - \ufeffid=[0-9a-f-]{36} tyler-setup-${slug} (raised|over): `)
  return syslog.lines.flatMap((line) => about.exec(line)?.[1] ?? [])
}

/** The alarm is quiet before, raised by `act`, told once however often it is looked, over later, told once. */
async function raises(slug: string, act: () => Promise<unknown>): Promise<void> {
  const earlier = heard(slug).length
  await scene.jobs()
  assert.equal(heard(slug).length, earlier, "quiet before")
  await act()
  await scene.jobs()
  await until(`${slug} raised`, () => heard(slug).length > earlier)
  for (let round = 0; round < 3; round++) {
    scene.clock.advance(30_000)
    await scene.jobs()
  }
  scene.clock.advance(300_001)
  await scene.jobs()
  await until(`${slug} over`, () => heard(slug).length > earlier + 1)
  await scene.jobs()
  assert.deepEqual(heard(slug).slice(earlier), ["raised", "over"])
}

async function quietAt(slug: string, act: () => Promise<unknown>): Promise<void> {
  const earlier = heard(slug).length
  await act()
  await scene.jobs()
  assert.equal(heard(slug).length, earlier, `${slug} below and at its limit`)
}

test("high-secret-access: 50 reads are usual, one more is not", async () => {
  await quietAt("high-secret-access", () => times(50, scene.readMasked))
  await raises("high-secret-access", scene.readMasked)
})

test("failed-secret-access: refusals count as failures do", async () => {
  await quietAt("failed-secret-access", () => times(10, scene.readRefused))
  await raises("failed-secret-access", scene.readRefused)
})

test("secret-deletion", () => raises("secret-deletion", scene.remove))

test("forced-purge: not by one that is refused", async () => {
  await quietAt("forced-purge", scene.purgeUnapproved)
  await raises("forced-purge", scene.purge)
})

test("mass-reading: thirty different secrets, and one more; it says who, and where the runbook is", async () => {
  await quietAt("mass-reading", () => times(30, scene.readOneOf))
  await raises("mass-reading", () => scene.readOneOf(30))
  const line = syslog.lines.find((each) => each.includes("tyler-setup-mass-reading raised"))
  assert.match(line ?? "", /Whom it is about: dev\. /)
  assert.match(line ?? "", /What to do: https:\/\/wiki\.example\/tyler\/mass-reading$/)
})

test("lock-outs: five wrong passwords are looked at, ten more are turned away, one more is a burst", async () => {
  await quietAt("lock-outs", () => times(15, scene.logInWrong))
  await raises("lock-outs", scene.logInWrong)
})

test("break-glass", () => raises("break-glass", scene.breakGlass))

test("policy-loosened: a stricter row is none; an easier one is, made at once or approved by another", async () => {
  await quietAt("policy-loosened", scene.tightenPolicy)
  await raises("policy-loosened", scene.loosenPolicy)
  await raises("policy-loosened", () => scene.loosenGuarded(() => quietAt("policy-loosened", () => Promise.resolve())))
})

test("row-tampered: a row that somebody wrote past the service, or the policies", async () => {
  await raises("row-tampered", scene.tamperRow)
  await raises("row-tampered", scene.tamperPolicies)
})

test("clock-step", () => raises("clock-step", scene.stepClock))

test("rotation-failed", () => raises("rotation-failed", scene.failRotation))

test("mirrors: one that takes nothing for five minutes and not less, and more than a thousand entries that wait", async () => {
  const looked = async (): Promise<void> => {
    await scene.readMasked()
    await scene.jobs()
  }
  const both = ["mirror-failing", "mirror-backlog"] as const
  await scene.withoutMirror(async () => {
    await scene.fillLog(1_001)
    await until("noticed", async () => {
      await looked()
      return scene.metric("tyler_mirror_failing 2")
    })
    await looked()
    scene.clock.advance(290_000)
    await looked()
    for (const slug of both) assert.deepEqual(heard(slug), [])
    scene.clock.advance(20_000)
    await looked()
    for (const slug of both) await until(`${slug} raised`, () => heard(slug).length > 0)
  })
  scene.clock.advance(70_000)
  await until("healed", async () => {
    await looked()
    return scene.metric("tyler_mirror_failing 0")
  })
  scene.clock.advance(300_001)
  await scene.jobs()
  for (const slug of both) await until(`${slug} over`, () => heard(slug).length > 1)
  for (const slug of both) assert.deepEqual(heard(slug), ["raised", "over"])
})

test("audit-write-failure: it is heard while nothing can be written down, and that it is over once it can", async () => {
  const slug = "audit-write-failure"
  assert.deepEqual(heard(slug), [])
  await scene.withoutLedger(async () => {
    await scene.readMasked()
    await scene.jobs()
    await until("raised", () => heard(slug).length > 0)
    await scene.jobs()
    assert.deepEqual(heard(slug), ["raised"])
  })
  scene.clock.advance(300_001)
  await scene.jobs()
  await until("over", () => heard(slug).length > 1)
  assert.deepEqual(heard(slug), ["raised", "over"])
})

test("rotation-overdue: an hour late, and five minutes so", async () => {
  const slug = "rotation-overdue"
  // The one that failed above is less than an hour late by now.
  await scene.jobs()
  scene.clock.advance(300_001)
  await scene.jobs()
  assert.deepEqual(heard(slug), [])
  scene.clock.advance(3_600_000)
  await scene.jobs()
  scene.clock.advance(300_001)
  await scene.jobs()
  await until("raised", () => heard(slug).length > 0)
  assert.deepEqual(heard(slug), ["raised"])
})

test("each is on record, with whom it is about and since when", async () => {
  const { url } = scene.stage.server
  const admin = await logInWith(url, ADMIN_NAME, () => scene.ada.code())
  const found = await entriesOf(admin, { action: "ALARM_RAISED" })
  const names = new Set(found.map(({ resource_name: name }) => name ?? ""))
  const ours = ALARMS.filter(({ sides }) => sides.includes("service")).map(({ name }) => name)
  // What says that nothing can be recorded is on record when it is over.
  const recorded = ours.filter((name) => name !== "tyler-setup-audit-write-failure")
  assert.deepEqual([...names].toSorted(), recorded.toSorted())
  const over = new Set((await entriesOf(admin, { action: "ALARM_OVER" })).map(({ resource_name: name }) => name))
  assert.ok(over.has("tyler-setup-audit-write-failure"))
  for (const { details, resource_type: type } of found) {
    assert.equal(type, "alarm")
    assert.match(details ?? "", /^subject=\S* count=\d+ since=\d+ entry=(?:\d+|none)$/)
  }
})

test("a purge that is only due after its window is no forced one", async () => {
  await quietAt("forced-purge", async () => {
    scene.clock.advance(31 * 86_400_000)
    await scene.jobs()
  })
  const { url } = scene.stage.server
  const admin = await logInWith(url, ADMIN_NAME, () => scene.ada.code())
  const said = (await entriesOf(admin, { action: "PURGE", result: "SUCCESS" })).map(({ details }) => details)
  assert.deepEqual(said, ["forced step_up", "due"])
})
