import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { VersionsAnswer } from "../../src/api/secrets.ts"
import { type Client, clientOf } from "./client.ts"
import { addProgram, setUpAdmin } from "./people.ts"
import { type ServerProcess, startProcess } from "./process.ts"
import { rotate, ROTATES_HERE, scheduled, until } from "./rotated.ts"
import { createSecret, read, REASON, secretPath } from "./secrets.ts"
import { temporaryFolder } from "./server.ts"

const ENTRY = fileURLToPath(new URL("./serve-dying.ts", import.meta.url))

export interface Victim {
  readonly strategy: string
  readonly value: Record<string, unknown>
  /** The administrator's secret, which `value` names as masterarn `app/boss`. */
  readonly boss?: Record<string, unknown>
  readonly env?: Readonly<Record<string, string>>
  logsIn(value: Record<string, string>): Promise<boolean>
  /** Whether what was current before is good too, at every moment. */
  readonly oldStaysGood: boolean
}

export interface Killed {
  /** At how many points it was killed. */
  readonly deaths: number
  /** Slowest way from a start after a death to a rotation that is done, milliseconds. */
  readonly slowest: number
}

const NAME = "app/victim"

/**
 * Kills a service at each point of a rotation, the next time one point later, until it lives to its end. After each death,
 * before anything goes on: one version is current, and one that we hold logs in. Then it is let go on, and finishes by
 * itself. @param points at which to kill; undefined: at all of them
 */
export async function killedAtEachPoint(victim: Victim, points?: readonly number[]): Promise<Killed> {
  const control = mkdtempSync(join(tmpdir(), "tyler-control-"))
  const folder = temporaryFolder()
  const env = { ...ROTATES_HERE, ...victim.env, TYLER_TEST_CONTROL: control }
  const start = (): Promise<ServerProcess> => startProcess({ folder, env, entry: ENTRY })
  const hold = (on: boolean): void =>
    on ? writeFileSync(join(control, "hold"), "") : rmSync(join(control, "hold"), { force: true })
  let server = await start()
  try {
    const admin = await setUpAdmin(server)
    const rotator = await rotatorOf(admin)
    if (victim.boss !== undefined) await createSecret(admin, "app/boss", victim.boss)
    await createSecret(admin, NAME, victim.value)
    await scheduled(admin, NAME, { strategy: victim.strategy })
    let slowest = 0
    let deaths = 0
    const wanted = points?.values()
    for (let at = 1; ; at++) {
      const next = wanted === undefined ? at : wanted.next().value
      if (next === undefined) return { deaths, slowest }
      writeFileSync(join(control, "die-at"), `${next}`)
      const before = await valueAt(clientOf(server.url, admin.token), { stage: "current" })
      await rotate(clientOf(server.url, admin.token), NAME).catch(() => undefined)
      if (!(await endsOrFinishes(server, clientOf(server.url, admin.token)))) return { deaths, slowest }
      deaths++
      await server.close()
      hold(true)
      server = await start()
      await mustHoldOne(victim, clientOf(server.url, rotator), before, `killed at point ${next}`)
      const began = performance.now()
      rmSync(join(control, "die-at"))
      hold(false)
      const late = clientOf(server.url, admin.token)
      const status = await until(late, NAME, ({ state }) => state !== "running")
      // Killed before the start was recorded, there is nothing to finish.
      if (status.rotations.length > 0) assert.notEqual(status.rotations[0]?.state, "failed", `point ${next}`)
      slowest = Math.max(slowest, performance.now() - began)
      const value = await valueAt(late, { stage: "current" })
      const said = `point ${next}: ${JSON.stringify(status.rotations.slice(0, 2))} ${value === undefined}`
      assert.ok(value !== undefined && (await victim.logsIn(value)), `what is current is not good, ${said}`)
    }
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
    rmSync(control, { recursive: true, force: true })
  }
}

async function rotatorOf(admin: Client): Promise<string> {
  const { id, client } = await addProgram(admin, "rotator", ["admin"])
  const row = {
    secretPattern: NAME,
    allowedRoles: ["admin"],
    allowedWorkloads: [id],
    maxAccessPerDay: null,
    reason: REASON,
  }
  assert.equal((await admin.post("/api/policies", row)).status, 201)
  return client.token ?? ""
}

/** @returns false if the rotation came to its end */
async function endsOrFinishes(server: ServerProcess, admin: Client): Promise<boolean> {
  for (;;) {
    if (server.ended()) return true
    try {
      const answer = await admin.get<{ state: string }>(secretPath(NAME, "rotation"))
      if (answer.body.state !== "running" && !server.ended()) return false
    } catch {
      // It has just died.
    }
  }
}

async function valueAt(client: Client, which: object): Promise<Record<string, string> | undefined> {
  const answer = await read(client, NAME, which)
  return answer.status === 200 ? (answer.body.value as Record<string, string>) : undefined
}

async function mustHoldOne(
  victim: Victim,
  rotator: Client,
  before: Record<string, string> | undefined,
  when: string,
): Promise<void> {
  const { versions } = (await rotator.get<VersionsAnswer>(secretPath(NAME, "versions"))).body
  assert.equal(versions.filter(({ stages }) => stages.includes("current")).length, 1, when)
  const held = [await valueAt(rotator, {}), await valueAt(rotator, { stage: "pending" })]
  const good = await Promise.all(held.map(async (value) => value !== undefined && victim.logsIn(value)))
  const previous = await valueAt(rotator, { stage: "previous" })
  const any = good.includes(true) || (previous !== undefined && (await victim.logsIn(previous)))
  assert.ok(any, `nothing that we hold logs in, ${when}`)
  if (victim.oldStaysGood && before !== undefined)
    assert.ok(await victim.logsIn(before), `the old one is not good, ${when}`)
}
