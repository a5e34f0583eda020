import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import type { LeakOutcome } from "../../src/cli/rotation/outcome.ts"
import type { Client } from "../kit/client.ts"
import { freePort } from "../kit/free-port.ts"
import { addPerson, addProgram, setUpAdmin } from "../kit/people.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { ROTATES_HERE, scheduled, statusOf } from "../kit/rotated.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { type Ended, type Home, newHome } from "./kit.ts"
import { forwards, type Login, loginOf, logsIn } from "./rotated.ts"

const BOSS = "database/boss"

describe("after a leak", { skip: noCluster }, () => {
  let cluster: Cluster
  let server: ServerProcess
  let admin: Client
  let home: Home
  let count = 0
  before(async () => {
    cluster = await startCluster()
    server = await startProcess({ env: ROTATES_HERE })
    admin = await setUpAdmin(server)
    home = newHome({ TYLER_URL: server.publicUrl, TYLER_REASON: "what grace has seen got out" })
    await createSecret(admin, BOSS, loginOf(cluster, cluster.superuser))
  })
  after(async () => {
    home[Symbol.dispose]()
    await server.close()
    await cluster[Symbol.asyncDispose]()
  })

  /** A role of the cluster and its secret. @param more over what its secret says */
  async function newSecret(strategy: string | null, more: object = {}): Promise<string> {
    const username = `app${++count}`
    await cluster.sql(`create role ${username} login password 'first'`)
    const name = `database/${username}`
    await createSecret(admin, name, { ...loginOf(cluster, { username, password: "first" }), ...more })
    if (strategy !== null) await scheduled(admin, name, { strategy })
    return name
  }

  async function valueOf(name: string): Promise<Login> {
    const { body } = await admin.get<{ versions: { versionId: string }[] }>(secretPath(name, "versions"))
    const answer = await read(admin, name, { versionId: body.versions[0]?.versionId ?? "" })
    assert.equal(answer.status, 200, answer.text)
    return answer.body.value as unknown as Login
  }

  async function shown(client: Client, ...names: string[]): Promise<void> {
    for (const name of names) assert.equal((await read(client, name)).status, 200, name)
  }

  function rotate(args: readonly string[], as: Client = admin): Promise<Ended> {
    return home.tyler(["rotate", ...args], { env: { TYLER_TOKEN: as.token ?? "" } })
  }

  /** What became of each, by name. */
  async function rotateAll(args: readonly string[], code: number, as: Client = admin): Promise<Record<string, string>> {
    const { out, err, code: left } = await rotate([...args, "--json"], as)
    assert.equal(left, code, err)
    const { outcomes } = JSON.parse(out) as { outcomes: LeakOutcome[] }
    return Object.fromEntries(
      outcomes.map(({ name, did, code }) => [name, code === undefined ? did : `${did} ${code}`]),
    )
  }

  test("exactly what somebody was shown and may still be good is rotated; the rest is named with its reason", async () => {
    const { client: grace } = await addPerson(admin, "grace", ["dba", "developer"])
    const { client: other } = await addPerson(admin, "other", ["dba"])
    const [masked, single, batch] = [
      await newSecret("postgres-single"),
      await newSecret("postgres-single"),
      await newSecret("postgres-single"),
    ]
    const [older, deleted, others] = [
      await newSecret("postgres-single"),
      await newSecret("postgres-single"),
      await newSecret("postgres-single"),
    ]
    const [byHand, wrong] = [await newSecret(null), await newSecret("postgres-single", { password: "wrong" })]
    const elsewhere = "config/session-key"
    await createSecret(admin, elsewhere, { generate: { kind: "token" } })
    await scheduled(admin, elsewhere, { strategy: "generated" })
    assert.equal((await read(grace, masked, { unmask: false })).status, 200)
    await shown(grace, single, single, older, deleted, byHand, elsewhere, wrong)
    const names = [batch, "database/none"]
    assert.equal((await grace.post("/api/secrets/access", { names, reason: REASON, unmask: true })).status, 200)
    await shown(other, others)
    const replacing = (await rotate([older])).code
    assert.equal(replacing, 0)
    const confirmationCode = `DELETE-${deleted}-${new Date().toISOString().slice(0, 10)}`
    const gone = await admin.send("DELETE", secretPath(deleted), { confirmationCode, reason: REASON, recoveryDays: 7 })
    assert.equal(gone.status, 200, gone.text)
    const all = [masked, single, batch, older, others, byHand, elsewhere, wrong]
    const versions = async () => {
      const found: Record<string, number> = {}
      for (const name of all)
        found[name] = (await admin.get<{ versions: unknown[] }>(secretPath(name, "versions"))).body.versions.length
      return found
    }
    const before = await versions()

    const left = {
      [older]: "replaced",
      [deleted]: "cannot secret_pending_deletion",
      [byHand]: "cannot no_schedule",
      [elsewhere]: "cannot used_elsewhere",
    }
    const who = ["--all-seen-by", "grace"]
    const foretold = { ...left, [single]: "would", [batch]: "would", [wrong]: "would" }
    assert.deepEqual(await rotateAll([...who, "--dry-run"], 3), foretold)
    assert.deepEqual(await versions(), before)
    const { client: auditor } = await addPerson(admin, "audrey", ["auditor"])
    const seenAs = await rotateAll([...who, "--dry-run"], 3, auditor)
    assert.equal(seenAs[single], "cannot forbidden")

    const old = { [single]: await valueOf(single), [batch]: await valueOf(batch) }
    const { code, out, err } = await rotate([...who, "--out-report", "report"])
    assert.equal(code, 3, err)
    assert.match(
      out,
      /\n2 replaced now, 1 good no more already, 1 not rotated: it failed, 3 that cannot be rotated from here\n$/,
    )
    assert.match(out, new RegExp(`\nrotated +${single} +current +grace +2 `))
    assert.match(out, new RegExp(`\nfailed +${wrong} +current +grace +1 .* current_refused: at set: `))
    assert.match(out, new RegExp(`\ncannot +${byHand} +current +grace +1 .* no_schedule: `))
    assert.doesNotMatch(out + err, new RegExp(`${masked} |${others} `))
    const changed = { [single]: 2, [batch]: 2, [wrong]: 2 }
    assert.deepEqual(await versions(), { ...before, ...changed })
    for (const [name, value] of Object.entries(old)) {
      assert.ok(!(await logsIn(cluster, value)), name)
      assert.ok(await logsIn(cluster, await valueOf(name)), name)
    }
    const lines = readFileSync(join(home.path, "report"), "utf8").trimEnd().split("\n")
    const told = lines.map((line) => JSON.parse(line) as LeakOutcome & { kind: string })
    assert.equal(told[0]?.kind, "run")
    assert.deepEqual(
      Object.fromEntries(
        told.slice(1).map((one) => [one.name, one.code === undefined ? one.did : `${one.did} ${one.code}`]),
      ),
      { ...left, [single]: "rotated", [batch]: "rotated", [wrong]: "failed current_refused" },
    )
    assert.doesNotMatch(lines.join("\n"), /first|wrong"/)
    const again = await rotateAll([...who, "--dry-run"], 3)
    assert.deepEqual([again[single], again[batch]], ["replaced", "replaced"])
  })

  test("of two that take turns the seen one stays good until the next rotation, or is ended at once", async () => {
    const { client: heidi } = await addPerson(admin, "heidi", ["dba"])
    const name = await newSecret("postgres-alternating", { masterarn: BOSS })
    const ended = await newSecret("postgres-alternating", { masterarn: BOSS })
    await shown(heidi, name)
    const seen = await valueOf(name)
    const first = await rotate(["--all-seen-by", "heidi"])
    assert.equal(first.code, 0, first.err)
    assert.match(first.err, /tyler: 1 of them stays good at the target until the next rotation; --revoke-previous/)
    assert.ok(await logsIn(cluster, seen))
    const second = await rotate(["--all-seen-by", "heidi"])
    assert.deepEqual([second.code, second.err.includes("stays good")], [0, false], second.err)
    assert.match(second.out, new RegExp(`\nrotated +${name} +previous `))
    assert.ok(!(await logsIn(cluster, seen)))
    assert.deepEqual(await rotateAll(["--all-seen-by", "heidi"], 0), { [name]: "replaced" })

    await shown(heidi, ended)
    const out = await valueOf(ended)
    const revoking = await rotate(["--all-seen-by", "heidi", "--revoke-previous"])
    assert.deepEqual([revoking.code, revoking.err.includes("stays good")], [0, false], revoking.err)
    assert.ok(!(await logsIn(cluster, out)))
    assert.ok(await logsIn(cluster, await valueOf(ended)))
    assert.deepEqual(await rotateAll(["--all-seen-by", "heidi"], 0), { [name]: "replaced", [ended]: "replaced" })
  })

  test("a target that is down is not waited for longer than was said; what is running is not begun twice", async () => {
    const { client: ivan } = await addProgram(admin, "ivan", ["dba"])
    const port = await freePort()
    const down = await newSecret("postgres-single", { port })
    const up = await newSecret("postgres-single")
    await shown(ivan, down, up)
    assert.deepEqual(await rotateAll(["--all-seen-by", "ivan", "--wait", "1"], 3), {
      [down]: "unfinished target_unreachable",
      [up]: "rotated",
    })
    assert.equal((await statusOf(admin, down)).state, "running")
    const again = await rotateAll(["--all-seen-by", "ivan", "--wait", "1"], 3)
    assert.deepEqual(again, { [down]: "unfinished target_unreachable", [up]: "replaced" })
    assert.equal((await statusOf(admin, down)).rotations.length, 1)

    // It comes up. What ran already may have begun before the version was seen: another one follows it.
    const waiting = rotateAll(["--all-seen-by", "ivan", "--revoke-previous"], 0)
    await using _ = await forwards(port, cluster.port)
    assert.deepEqual(await waiting, { [down]: "rotated", [up]: "replaced" })
    const { rotations } = await statusOf(admin, down)
    assert.deepEqual(
      rotations.map(({ state, revokePrevious }) => [state, revokePrevious]),
      [
        ["done", true],
        ["done", false],
      ],
    )
  })

  test("since a day it is everybody; nobody and nothing are told apart; who may not look is refused", async () => {
    const { client: judy } = await addPerson(admin, "judy", ["dba"])
    const name = await newSecret("postgres-single")
    const since = new Date().toISOString()
    await shown(judy, name)
    assert.deepEqual(await rotateAll(["--seen-since", since, "--dry-run"], 0), { [name]: "would" })
    const started = await rotateAll(["--seen-since", since, "--no-wait"], 0)
    assert.deepEqual(started, { [name]: "started" })
    const later = new Date(Date.now() + 60_000).toISOString()
    const nothing = await rotate(["--all-seen-by", "judy", "--seen-since", later])
    assert.deepEqual([nothing.code, nothing.out], [0, "nothing was seen\n"])
    const nobody = await rotate(["--all-seen-by", "jud"])
    assert.equal(nobody.code, 4)
    assert.match(nobody.err, /^tyler: not_found: No such person, service account or access key/)
    assert.equal((await rotate(["--all-seen-by", "judy"], judy)).code, 3)
    assert.equal((await rotate(["--seen-since", "yesterday"])).code, 2)
  })
})
