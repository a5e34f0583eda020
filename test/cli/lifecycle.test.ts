import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { after, before, test } from "node:test"
import { fileURLToPath } from "node:url"
import { newHome } from "./kit.ts"
import { PASSWORD, REASON, type Team, team } from "./server.ts"
import { COMPILED } from "../kit/compiled.ts"

let all: Team
before(async () => {
  all = await team()
})
after(() => all.stop())

interface Written {
  readonly versionId: string
  readonly done: string
}

async function set(name: string, input: string, ...options: string[]): Promise<Written> {
  const { code, out, err } = await all.ada.tyler(["set", name, "--json", ...options], { input })
  assert.equal(code, 0, err)
  return JSON.parse(out) as Written
}

async function value(name: string, ...options: string[]): Promise<string> {
  const { out, err } = await all.ada.tyler(["get", name, "--reveal", ...options])
  assert.equal(err, "")
  return out
}

test("set creates what is not there and then writes versions; each can be read and rolled back to", async () => {
  const first = await set("config/app", "one", "--description", "of the app")
  assert.equal(first.done, "created")
  const second = await set("config/app", "two")
  assert.equal(second.done, "updated")
  assert.equal(await value("config/app"), "two")
  assert.equal(await value("config/app", "--stage", "previous"), "one")
  assert.equal(await value("config/app", "--version", first.versionId), "one")
  const listed = await all.ada.tyler(["versions", "config/app"])
  assert.match(listed.out, new RegExp(`\n${second.versionId} +current +.*\n${first.versionId} +previous +.*\n$`))
  const back = await all.ada.tyler(["rollback", "config/app", first.versionId, "--expect", second.versionId])
  assert.equal(back.code, 0, back.err)
  assert.equal(await value("config/app"), "one")
  assert.match((await all.ada.tyler(["ls", "config/", "--long"])).out, /config\/app .* today .* of the app\n/)
})

test("--expect and --create overwrite nothing", async () => {
  const { versionId } = await set("config/kept", "one")
  await set("config/kept", "two")
  const stale = await all.ada.tyler(["set", "config/kept", "--expect", versionId], { input: "three" })
  assert.equal(stale.code, 3)
  assert.match(stale.err, /^tyler: version_conflict: .*tyler versions/)
  const taken = await all.ada.tyler(["set", "config/kept", "--create"], { input: "three" })
  assert.equal(taken.code, 3)
  assert.match(taken.err, /^tyler: secret_exists: /)
  assert.equal((await all.ada.tyler(["set", "config/absent", "--expect", versionId], { input: "x" })).code, 4)
  assert.equal(await value("config/kept"), "two")
})

test("rm asks on a terminal and needs --yes without one; restore brings the value back", async () => {
  await set("config/gone", "value")
  const why = ["--reason", "no longer used by any of the services"]
  const asked = await all.ada.tyler(["rm", "config/gone", ...why])
  assert.equal(asked.code, 2)
  assert.match(asked.err, /--yes/)
  for (const days of ["6", "31", "7.5", "x"])
    assert.equal((await all.ada.tyler(["rm", "config/gone", "--yes", "--days", days, ...why])).code, 2, days)
  assert.match((await all.ada.tyler(["rm", "config/gone", "--yes", "--reason", "short reason"])).err, /20 characters/)
  assert.equal(await value("config/gone"), "value")

  const removed = await all.ada.tyler(["rm", "config/gone", "--yes", "--days", "7", ...why])
  assert.equal(removed.code, 0, removed.err)
  assert.match(removed.out, /^config\/gone will be purged in [67] days; until then: tyler restore config\/gone\n$/)
  const pending = await all.ada.tyler(["get", "config/gone"])
  assert.equal(pending.code, 3)
  assert.match(pending.err, /^tyler: secret_pending_deletion: .*tyler restore/)
  assert.equal((await all.ada.tyler(["restore", "config/gone"])).out, "restored config/gone\n")
  assert.equal(await value("config/gone"), "value")
})

test("what asks for more leaves with 5, a used-up limit with 6, a server that is not there with 7", async () => {
  const row = { allowedRoles: ["admin"], reason: REASON }
  await all.admin.policies.create({ ...row, secretPattern: "once/*", maxAccessPerDay: 1 })
  await all.admin.policies.create({ ...row, secretPattern: "asked/*", requiresApproval: true })
  await all.admin.policies.create({ ...row, secretPattern: "sure/*", requiresMfa: true })
  for (const name of ["once/a", "asked/a", "sure/a"]) await all.admin.create(name, "v")
  assert.equal(await value("once/a"), "v")
  const used = await all.ada.tyler(["get", "once/a", "--reveal"])
  assert.equal(used.code, 6)
  assert.match(used.err, /^tyler: quota_exceeded: .*starts anew at \d{4}-/)
  assert.equal((await all.ada.tyler(["get", "asked/a"])).code, 5)
  assert.equal((await all.ada.tyler(["get", "sure/a"])).code, 5)
  const nowhere = await all.ada.tyler(["get", "once/a", "--url", "http://127.0.0.1:9"])
  assert.equal(nowhere.code, 7)
  assert.match(nowhere.err, /^tyler: unreachable: /)
})

test("keys rotate waits until everything is sealed under the new key", async () => {
  await set("config/sealed", "v")
  const { code, out, err } = await all.ada.tyler(["keys", "rotate"])
  assert.equal(code, 0, err)
  const keyId = /^everything is sealed under (\S+)\n$/.exec(out)?.[1] ?? ""
  const { keys } = JSON.parse((await all.ada.tyler(["keys", "status", "--json"])).out) as {
    keys: readonly { id: string; purpose: string; versions: number }[]
  }
  assert.ok(keys.some(({ id, versions }) => id === keyId && versions > 0))
  assert.ok(keys.every(({ id, versions }) => id === keyId || versions === 0))
  assert.equal(await value("config/sealed"), "v")
  assert.equal((await all.fin.tyler(["keys", "status"])).code, 3)
})

test("keys rotate-root takes the key that tyler-server new-root-key has made, beside the running server", async () => {
  await set("config/rooted", "v")
  const early = await all.ada.tyler(["keys", "rotate-root"])
  assert.equal(early.code, 3)
  assert.match(early.err, /^tyler: root_key_not_prepared: .*tyler-server new-root-key/)
  const serve = fileURLToPath(new URL("../kit/serve.ts", import.meta.url))
  const newRootKey = () =>
    spawnSync(process.execPath, [serve, "new-root-key"], {
      env: { ...COMPILED, TYLER_DATA_DIR: all.dataFolder },
      encoding: "utf8",
    })
  const made = newRootKey()
  assert.equal(made.status, 0, made.stderr)
  assert.match(made.stdout, /^New root key: .*root\.key\.next\nCopy it beside .*tyler keys rotate-root\n$/)
  const second = newRootKey()
  assert.equal(second.status, 1)
  assert.match(
    second.stderr,
    /^tyler-server: The root key .*root\.key\.next cannot be opened: something is already there\n$/,
  )
  const done = await all.ada.tyler(["keys", "rotate-root"])
  assert.equal(done.code, 0, done.err)
  assert.match(done.out, /^the new root key wraps \d+ keys; keep a copy of its file\n$/)
  assert.equal(await value("config/rooted"), "v")
  assert.equal((await all.fin.tyler(["keys", "rotate-root"])).code, 3)
})

test("a program's token stands alone on standard output, and works", async () => {
  const add = await all.ada.tyler(["service-accounts", "add", "ci", "--roles", "developer", "--days", "30"])
  assert.equal(add.code, 0, add.err)
  assert.match(add.out, /^\S{43,}\n$/)
  const whoami = await all.fin.tyler(["whoami"], { env: { TYLER_TOKEN: add.out.trim() } })
  assert.match(whoami.out, /^user +ci\nkind +program\nroles +developer\n/)
  const accounts = JSON.parse((await all.ada.tyler(["service-accounts", "ls", "--json"])).out) as { id: string }[]
  const second = await all.ada.tyler(["service-accounts", "token", accounts[0]?.id ?? ""])
  assert.equal(second.code, 0, second.err)
  assert.notEqual(second.out, add.out)
  assert.match((await all.ada.tyler(["service-accounts", "ls"])).out, /\nci +developer +- +in \d+ .*, in \d+ /)
  assert.equal((await all.ada.tyler(["service-accounts", "add", "cd", "--roles", "Developer"])).code, 2)
  assert.match((await all.ada.tyler(["users", "ls"])).out, /\nada +admin .*\nfin +finance /)
})

test("an admin lists a person's sessions by name or id and ends one", async () => {
  const home = newHome({ TYLER_URL: all.url })
  const login = await home.tyler(["login", "--user", "fin", "--password-file", "-"], { input: PASSWORD })
  assert.equal(login.code, 0, login.err)
  const listed = await all.ada.tyler(["users", "sessions", "fin"])
  assert.equal(listed.code, 0, listed.err)
  assert.match(listed.out, /^SESSION +FROM +STARTED +ENDS\n\S{36} +\S.* in \d+ hours\n/)
  const users = JSON.parse((await all.ada.tyler(["users", "ls", "--json"])).out) as { id: string; username: string }[]
  const id = users.find(({ username }) => username === "fin")?.id ?? ""
  const json = await all.ada.tyler(["users", "sessions", id, "--json"])
  const sessions = JSON.parse(json.out) as { id: string }[]
  const newest = sessions.at(-1)?.id ?? ""
  const end = await all.ada.tyler(["users", "end-session", "fin", newest])
  assert.deepEqual([end.code, end.out], [0, "the session is ended\n"], end.err)
  assert.notEqual((await home.tyler(["whoami"])).code, 0)
  assert.equal((await all.fin.tyler(["whoami"])).code, 0, "the other session goes on")
  const again = await all.ada.tyler(["users", "end-session", "fin", newest])
  assert.match(again.err, /No such session/)
  assert.match((await all.ada.tyler(["users", "sessions", "nobody"])).err, /No such user/)
  assert.notEqual((await all.fin.tyler(["users", "sessions", "ada"])).code, 0)
})
