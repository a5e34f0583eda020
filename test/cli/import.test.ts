import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { TylerApiError } from "../../src/client/client.ts"
import { type Home, newHome } from "./kit.ts"
import { onTerminal, SKIP } from "./on-terminal.ts"
import { REASON, type Team, team, tokenIn } from "./server.ts"

let all: Team
let env: Record<string, string>

before(async () => {
  all = await team()
  env = { TYLER_URL: all.url, TYLER_REASON: REASON, TYLER_TOKEN: tokenIn(all.ada) }
})
after(() => all.stop())

function home(files: Readonly<Record<string, string>>): Home {
  const made = newHome(env)
  for (const [name, text] of Object.entries(files)) made.write(name, text)
  return made
}

async function valueOf(name: string): Promise<unknown> {
  const { value, valueBase64 } = await all.admin.get(name, { unmask: true })
  return valueBase64 === undefined ? value : Buffer.from(valueBase64, "base64")
}

async function versionsOf(name: string): Promise<number> {
  return (await all.admin.versions(name)).length
}

test("a .env file goes in, with quotes, comments and lines of more than one", async () => {
  using here = home({
    ".env": [
      "# local",
      "export PLAIN=one two  # said",
      "SINGLE='a $b \\n # c'",
      'DOUBLE="line 1\\nline 2 \\"q\\""',
      "PEM='-----BEGIN-----",
      "abc",
      "-----END-----'",
      "",
    ].join("\r\n"),
  })
  const { code, out, err } = await here.tyler(["import", ".env", "--prefix", "config/env"])
  assert.equal(code, 0, err)
  assert.equal(out, "4 created\n")
  assert.equal(await valueOf("config/env/PLAIN"), "one two")
  assert.equal(await valueOf("config/env/SINGLE"), "a $b \\n # c")
  assert.equal(await valueOf("config/env/DOUBLE"), 'line 1\nline 2 "q"')
  assert.equal(await valueOf("config/env/PEM"), "-----BEGIN-----\r\nabc\r\n-----END-----")
})

test("once more is the same; what was replaced comes back only if asked for", async () => {
  using here = home({ "a.json": '{"again/x":"one","again/y":{"user":"u","port":1}}' })
  assert.equal((await here.tyler(["import", "a.json"])).out, "2 created\n")
  const key = join(here.path, ".config", "tyler", "import-key")
  assert.equal(statSync(key).mode & 0o777, 0o600)
  assert.equal((await here.tyler(["import", "a.json"])).out, "2 there already with the same value\n")
  assert.equal(
    (await here.tyler(["import", "a.json", "--on-conflict", "write"])).out,
    "2 there already with the same value\n",
  )
  assert.equal((await here.tyler(["import", "a.json", "--on-conflict", "fail"])).code, 0)
  await all.admin.update("again/x", "two")
  assert.equal(
    (await here.tyler(["import", "a.json"])).out,
    "1 there already with the same value, 1 there already and left as they are\n",
  )
  const failed = await here.tyler(["import", "a.json", "--on-conflict", "fail"])
  assert.deepEqual([failed.code, failed.out], [3, ""])
  assert.match(failed.err, /again\/x is there already; nothing was imported/)
  assert.equal(await valueOf("again/x"), "two")
  const written = await here.tyler(["import", "a.json", "--on-conflict", "write"])
  assert.equal(written.out, "1 written as new versions, 1 there already with the same value\n")
  assert.equal(await valueOf("again/x"), "one")
  assert.deepEqual([await versionsOf("again/x"), await versionsOf("again/y")], [3, 1])
  const same = await here.tyler(["import", "a.json", "--on-conflict", "write"])
  assert.equal(same.out, "2 there already with the same value\n")
})

test("another machine's key knows nothing, and doubles nothing unless asked to write", async () => {
  using here = home({ "a.json": '{"other/x":"one"}' })
  using there = home({ "a.json": '{"other/x":"one"}' })
  await here.tyler(["import", "a.json"])
  assert.equal((await there.tyler(["import", "a.json"])).out, "1 there already and left as they are\n")
  assert.equal(await versionsOf("other/x"), 1)
  const ids = new Set<string>()
  for (const one of [here, there]) {
    await one.tyler(["import", "a.json", "--prefix", `p${ids.size}`])
    for (const { versionId } of await all.admin.versions(`p${ids.size}/other/x`)) ids.add(versionId)
  }
  assert.equal(ids.size, 2)
})

test("version ids are no hashes of values, and their key must be one's own", async () => {
  using here = home({ "a.json": '{"key/x":"one","key/y":"one"}' })
  await here.tyler(["import", "a.json"])
  const ids = await Promise.all(["key/x", "key/y"].map(async (name) => (await all.admin.versions(name))[0]?.versionId))
  assert.notEqual(ids[0], ids[1])
  for (const text of ["one", "key/xone", '"one"'])
    assert.ok(
      !ids.some((id) =>
        createHash("sha256")
          .update(text)
          .digest("hex")
          .startsWith(id ?? ""),
      ),
    )
  const key = join(here.path, ".config", "tyler", "import-key")
  chmodSync(key, 0o644)
  const open = await here.tyler(["import", "a.json"])
  assert.deepEqual([open.code, open.out], [1, ""])
  assert.match(open.err, /import-key is not a key that only you can read/)
  rmSync(key)
  symlinkSync(join(here.path, "a.json"), key)
  assert.equal((await here.tyler(["import", "a.json"])).code, 1)
})

test("a dry run tells all and sends and reads no value", async () => {
  await all.admin.create("dry/there", "x")
  using here = home({ "a.json": '{"dry/there":"s3cr3t-a","dry/new":"s3cr3t-b","dry/a b":"s3cr3t-c","dry/n":7}' })
  const [before] = (await all.admin.audit.page({ limit: 1 })).auditLogs
  const { code, out, err } = await here.tyler(["import", "a.json", "--dry-run", "--on-conflict", "write"])
  assert.equal(code, 3)
  assert.deepEqual(out.split("\n").toSorted(), [
    "",
    "created   dry/new",
    "refused   dry/a b: the name has a character that is none of A-Z a-z 0-9 _ + = . @ - and /; dry/a-b would fit (--rename takes it)",
    "refused   dry/n: is a number; a secret is text or an object",
    "written   dry/there",
  ])
  assert.doesNotMatch(out + err, /s3cr3t/)
  const since = (await all.admin.audit.page({ limit: 10 })).auditLogs.filter(({ id }) => id > (before?.id ?? 0))
  // AUDIT_READ is the line above.
  assert.deepEqual(new Set(since.map(({ action }) => action)), new Set(["LIST", "AUDIT_READ"]))
  await assert.rejects(all.admin.metadata("dry/new"), TylerApiError)
  const json = await here.tyler(["import", "a.json", "--dry-run", "--json"])
  assert.equal((JSON.parse(json.out) as { plan: unknown[] }).plan.length, 4)
})

test("on a terminal one line shows how far it is", { skip: SKIP }, async () => {
  using here = home({ "a.json": '{"seen/x":"1","seen/y":"2"}' })
  const { code, shown } = await onTerminal(["import", "a.json"], { ...env, HOME: here.path }, [], here.path)
  assert.equal(code, 0, shown)
  assert.match(shown, /\rimported 2 of 2, \d+ a second\s+2 created/)
  assert.equal(shown.includes("tyler: imported"), false)
})

test("names that do not fit stay out, and go in under the nearest one with --rename", async () => {
  const source = JSON.stringify({ "fit/a b": "1", "fit//c/../d": "2", "": "3", "fit/é": "4", "fit/ok": "5" })
  using here = home({ "a.json": source })
  const { code, out, err } = await here.tyler(["import", "a.json", "--out-report", "report"])
  assert.equal(code, 3)
  assert.equal(out, "1 created, 4 not imported\n")
  assert.match(err, /fit\/\/c\/\.\.\/d: invalid_name: [^\n]*fit\/c\/d would fit/)
  const lines = readFileSync(join(here.path, "report"), "utf8").trim().split("\n")
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { did?: string }).did),
    [undefined, "refused", "refused", "refused", "refused", "created"],
  )
  const renamed = await here.tyler(["import", "a.json", "--rename", "--out-report", "report"])
  assert.equal(renamed.out, "2 created, 1 there already with the same value, 2 not imported\n")
  assert.equal(await valueOf("fit/c/d"), "2")
  assert.equal(await valueOf("fit/a-b"), "1")
})

test("names that only case tells apart are both refused; strip and prefix make names", async () => {
  using here = home({ "a.json": '{"case/A":"1","case/a":"2","case/b":"3"}' })
  const { code, out, err } = await here.tyler(["import", "a.json"])
  assert.deepEqual([code, out], [3, "1 created, 2 not imported\n"])
  assert.equal(err.match(/name_twice/g)?.length, 2)
  using moved = home({ "a.json": '{"old/x":"1","other":"2"}' })
  const moves = await moved.tyler(["import", "a.json", "--strip", "old/", "--prefix", "moved/"])
  assert.equal(moves.out, "1 created, 1 not imported\n")
  assert.equal(await valueOf("moved/x"), "1")
})

test("Vault: single answers, a folder, a map, one a line; deleted ones are told", async () => {
  const answer = (data: unknown, metadata: object = {}) => ({
    request_id: "r",
    lease_duration: 0,
    data: {
      data,
      metadata: { created_time: "t", custom_metadata: null, deletion_time: "", destroyed: false, ...metadata },
    },
  })
  using here = home({
    "one.json": JSON.stringify(answer({ user: "u" }, { custom_metadata: { team: "pay" } }), null, 2),
    "map.json": JSON.stringify({
      "vault/map/a": answer({ n: 1 }),
      "vault/map/gone": answer(null, { deletion_time: "2026-01-01T00:00:00Z" }),
      "vault/map/lost": answer(null, { destroyed: true }),
    }),
    "lines.json": ["a", "b"].map((path) => JSON.stringify({ path, ...answer({ path }) })).join("\n"),
    "kv1.json": '{"request_id":"r","data":{"user":"u"}}',
  })
  const one = await here.tyler(["import", "one.json", "--from", "vault", "--prefix", "vault"])
  assert.equal(one.out, "1 created\n", one.err)
  assert.deepEqual(await valueOf("vault/one"), { user: "u" })
  assert.deepEqual((await all.admin.metadata("vault/one")).tags, [{ Key: "team", Value: "pay" }])
  assert.equal(
    (await here.tyler(["import", "map.json", "--from", "vault"])).out,
    "1 created, 2 deleted at the source\n",
  )
  const lines = await here.tyler(["import", "lines.json", "--from", "vault", "--prefix", "vault/l"])
  assert.equal(lines.out, "2 created\n", lines.err)
  here.write("more.json", JSON.stringify(answer({ more: true })))
  const both = await here.tyler(["import", "one.json", "more.json", "--from", "vault", "--prefix", "vault/both"])
  assert.equal(both.out, "2 created\n", both.err)
  mkdirSync(join(here.path, "tree", "deep"), { recursive: true })
  here.write("tree/deep/leaf.json", JSON.stringify(answer({ leaf: 1 })))
  assert.equal((await here.tyler(["import", "tree", "--from", "vault"])).out, "1 created\n")
  assert.deepEqual(await valueOf("deep/leaf"), { leaf: 1 })
  const guess = await here.tyler(["import", "one.json"])
  assert.equal(guess.code, 2)
  assert.match(guess.err, /--from vault/)
  assert.match((await here.tyler(["import", "kv1.json", "--from", "vault"])).err, /KV version 2/)
})
