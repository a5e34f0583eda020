import assert from "node:assert/strict"
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { type Home, newHome } from "./kit.ts"
import { PASSWORD, REASON, type Team, team, tokenIn } from "./server.ts"

const VALUE = "s3cr3t-cAnArY-value"

let all: Team
let ada: Home
let fin: Home

before(async () => {
  all = await team()
  ;({ ada, fin } = all)
  const set = ["set", "config/app", "--create", "--object", "--description", "login \u001b[31m of the app"]
  const created = await ada.tyler(set, { input: JSON.stringify({ user: "app", password: VALUE }) })
  assert.equal(created.code, 0, created.err)
})

after(() => all.stop())

test("setup cannot be done twice", async () => {
  const again = ["setup", "--user", "eve", "--token-file", "setup-token", "--password-file", "-"]
  const { code, err } = await ada.tyler(again, { input: PASSWORD })
  assert.equal(code, 3)
  assert.match(err, /^tyler: setup_done: /)
})

test("whoami says who, for people and for programs", async () => {
  assert.match((await ada.tyler(["whoami"])).out, /^user +ada\nkind +person\nroles +admin\n/)
  const { out } = await fin.tyler(["whoami", "--json"])
  assert.deepEqual((JSON.parse(out) as { roles: string[] }).roles, ["finance"])
})

test("a value is masked unless it is asked for", async () => {
  const masked = await ada.tyler(["get", "config/app"])
  assert.equal(masked.code, 0)
  assert.deepEqual(Object.keys(JSON.parse(masked.out) as object), ["user", "password"])
  assert.doesNotMatch(masked.out, /cAnArY/)
  const shown = await ada.tyler(["get", "config/app", "--reveal", "--field", "password"])
  assert.deepEqual(shown, { code: 0, out: VALUE, err: "" })
  const json = await ada.tyler(["get", "config/app", "--reveal", "--json"])
  const answer = JSON.parse(json.out) as { value: object; masked: boolean; receipt: { index: number } }
  assert.deepEqual([answer.value, answer.masked], [{ user: "app", password: VALUE }, false])
  assert.ok(answer.receipt.index > 0)
})

test("--out writes a file for its owner alone, and costs no read when something is in the way", async () => {
  const out = join(ada.path, "value")
  assert.equal((await ada.tyler(["get", "config/app", "--out", out])).code, 2)
  const get = ["get", "config/app", "--reveal", "--field", "password", "--out", out]
  assert.equal((await ada.tyler(get)).code, 0)
  assert.equal(readFileSync(out, "utf8"), VALUE)
  assert.equal(statSync(out).mode & 0o777, 0o600)
  const entries = async () =>
    (await ada.tyler(["audit", "tail", "config/app", "--json"])).out.split('"action":"GET"').length
  const before = await entries()
  assert.equal((await ada.tyler(get)).code, 1)
  symlinkSync(join(ada.path, "elsewhere"), join(ada.path, "link"))
  assert.equal((await ada.tyler([...get.slice(0, -1), join(ada.path, "link")])).code, 1)
  assert.equal(existsSync(join(ada.path, "elsewhere")), false)
  assert.equal(await entries(), before)
  assert.equal((await ada.tyler(["get", "config/none", "--reveal", "--out", join(ada.path, "nothing")])).code, 4)
  assert.equal(existsSync(join(ada.path, "nothing")), false)
})

test("refused, not found and not right leave with 3, 4 and 2, each with code and request id", async () => {
  const refused = await fin.tyler(["get", "config/app"])
  assert.deepEqual([refused.code, refused.out], [3, ""])
  assert.match(refused.err, /^tyler: forbidden: .*tyler policy explain.*\[request [\w-]+\]\n$/)
  const missing = await ada.tyler(["get", "config/none"])
  assert.equal(missing.code, 4)
  assert.match(missing.err, /^tyler: not_found: .*\[request [\w-]+\]\n$/)
  const short = await ada.tyler(["get", "config/app", "--reason", "because"])
  assert.equal(short.code, 2)
  assert.match(short.err, /^tyler: invalid_reason: .*10/)
  const json = await fin.tyler(["get", "config/app", "--json"])
  assert.equal((JSON.parse(json.err) as { code: string }).code, "forbidden")
})

test("a reason is required, and where it may come from is said", async () => {
  const { code, err } = await ada.tyler(["get", "config/app"], { env: { TYLER_REASON: "" } })
  assert.equal(code, 2)
  assert.match(err, /--reason TEXT or set TYLER_REASON/)
})

test("a value is never taken as an argument", async () => {
  const { code, err } = await ada.tyler(["set", "config/app", VALUE])
  assert.equal(code, 2)
  assert.match(err, /history/)
  assert.doesNotMatch(err, /cAnArY/)
})

test("one newline at the end of a pipe is left out, and said; --verbatim keeps it", async () => {
  const stored = async (name: string, input: string | Uint8Array, ...options: string[]) => {
    const set = await ada.tyler(["set", name, "--create", ...options], { input })
    assert.equal(set.code, 0, set.err)
    return { said: set.err, value: (await ada.tyler(["get", name, "--reveal"])).out }
  }
  const one = await stored("config/one", "v\n")
  assert.equal(one.value, "v")
  assert.match(one.said, /newline/)
  assert.equal((await stored("config/crlf", "v\r\n")).value, "v")
  assert.equal((await stored("config/two", "v\n\n")).value, "v\n")
  assert.deepEqual(await stored("config/kept", "v\n", "--verbatim"), { said: "", value: "v\n" })
  assert.deepEqual(await stored("config/plain", " v "), { said: "", value: " v " })
})

test("bytes that are no text come back byte for byte", async () => {
  const file = join(ada.path, "key.bin")
  writeFileSync(file, Uint8Array.of(0, 255, 10, 128))
  assert.equal((await ada.tyler(["set", "config/bytes", "--create", "--file", file])).code, 0)
  const out = join(ada.path, "key.out")
  assert.equal((await ada.tyler(["get", "config/bytes", "--reveal", "--out", out])).code, 0)
  assert.deepEqual(readFileSync(out), Buffer.of(0, 255, 10, 128))
})

test("--object sends digits untouched, so the server refuses what it cannot keep", async () => {
  const set = ["set", "config/digits", "--create", "--object"]
  const { code, err } = await ada.tyler(set, { input: '{"n":12345678901234567890}' })
  assert.equal(code, 2)
  assert.match(err, /value_not_exact/)
  for (const input of ["[1]", "7", "{", '{"a":1,"a":2}']) assert.equal((await ada.tyler(set, { input })).code, 2, input)
})

test("ls shows what the caller may see, with hostile descriptions made harmless", async () => {
  const { code, out } = await ada.tyler(["ls", "config/app"])
  assert.equal(code, 0)
  assert.match(
    out,
    /^NAME +CHANGED +DESCRIPTION\nconfig\/app +(now|\d+ seconds? ago) +login \\u\{1b\}\[31m of the app\n$/,
  )
  assert.deepEqual(JSON.parse((await fin.tyler(["ls", "--json"])).out), [])
})

test("policy rows and decisions are explained", async () => {
  assert.match((await ada.tyler(["policy", "ls"])).out, /^PATTERN +ROLES +MFA/)
  const { code, out } = await ada.tyler(["policy", "explain", "config/app", "--user", "fin"])
  assert.equal(code, 0)
  assert.match(out, /^fin read config\/app: refused\n {2}\S/)
  assert.equal((await ada.tyler(["policy", "explain", "config/app", "dance"])).code, 2)
})

test("the log is exported, verified offline, and a changed byte is found", async () => {
  const [log, key] = [join(ada.path, "log.ndjson"), join(ada.path, "log.key")]
  assert.equal((await ada.tyler(["audit", "export", "--out", log])).code, 0)
  writeFileSync(key, (await ada.tyler(["audit", "key"])).out)
  const nowhere = { env: { TYLER_URL: "http://127.0.0.1:9" } }
  const good = await ada.tyler(["audit", "verify", log, "--key", key], nowhere)
  assert.equal(good.code, 0, good.err)
  assert.match(good.out, /^verified \d+ entries\n/)
  const piped = await ada.tyler(["audit", "export"])
  const again = await ada.tyler(["audit", "verify", "-", "--key", key, "--json"], { input: piped.out, ...nowhere })
  assert.equal((JSON.parse(again.out) as { ok: boolean }).ok, true)
  const text = readFileSync(log, "utf8")
  assert.ok(text.includes(REASON))
  const bad = await ada.tyler(["audit", "verify", "-", "--key", key], { input: text.replace(REASON, `${REASON}!`) })
  assert.equal(bad.code, 1)
  assert.match(bad.out, /^NOT verified\n {2}.*entry \d+/)
  assert.doesNotMatch(text, /cAnArY/)
})

test("approvals and their signatures are verified offline, and one that is none is named", async () => {
  const vectors = join(import.meta.dirname, "../../spec/vectors/audit")
  const verify = (name: string, ...more: string[]) =>
    ada.tyler(["audit", "verify", join(vectors, `${name}.ndjson`), "--key", join(vectors, "key.txt"), ...more])
  const good = await verify("approvals-of-every-algorithm")
  assert.equal(good.code, 0, good.err)
  assert.match(good.out, /^verified 9 entries\napprovals: 4, signed with a passkey: 3\nlog /)
  const { out } = await verify("approval-with-request-emptied", "--json")
  const { approvals, signatures, unchecked } = JSON.parse(out) as Record<string, number>
  assert.deepEqual([approvals, signatures, unchecked], [1, 1, 1])
  const told = await verify("approval-with-request-emptied")
  assert.match(told.out, /\napprovals: 1, .*: 1, not checked in full because of emptied entries: 1\n/)
  const bad = await verify("approval-by-who-asked")
  assert.deepEqual([bad.code, bad.out], [1, "NOT verified\n  entry 2: the approver is who asked\n"])
})

test("audit tail shows the newest entries last", async () => {
  const { code, out } = await ada.tyler(["audit", "tail", "--limit", "3"])
  assert.equal(code, 0)
  const indexes = out
    .trimEnd()
    .split("\n")
    .map((line) => Number.parseInt(line, 10))
  assert.equal(indexes.length, 3)
  assert.deepEqual(
    indexes,
    indexes.toSorted((a, b) => a - b),
  )
  assert.equal((await fin.tyler(["audit", "tail"])).code, 3)
})

test("the token file is its owner's alone and is kept by address", async () => {
  const path = join(fin.path, ".config", "tyler", "token.json")
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700)
  const elsewhere = await fin.tyler(["whoami"], { env: { TYLER_URL: all.url.replace("localhost", "127.0.0.1") } })
  assert.equal(elsewhere.code, 3)
  assert.match(elsewhere.err, /^tyler: unauthenticated: .*tyler login/)
})

test("logout ends the session on the server and forgets it here", async () => {
  using home = newHome({ TYLER_URL: all.url })
  const { code, out, err } = await home.tyler(["login", "--user", "fin", "--password-file", "-"], { input: PASSWORD })
  assert.equal(code, 0, err)
  const token = tokenIn(home)
  assert.ok(token.length >= 43 && !(out + err).includes(token))
  assert.equal((await home.tyler(["logout"])).code, 0)
  assert.equal(tokenIn(home), "")
  assert.equal((await home.tyler(["whoami"], { env: { TYLER_TOKEN: token } })).code, 3)
  assert.match((await home.tyler(["logout"])).out, /not logged in/)
})

test("a wrong password is refused in one line", async () => {
  const { code, out, err } = await fin.tyler(["login", "--user", "fin", "--password-file", "-"], {
    input: "wrong-password-1",
  })
  assert.deepEqual([code, out], [3, ""])
  assert.match(err, /^tyler: unauthenticated: [^\n]+\n$/)
})

test("XDG_CONFIG_HOME moves the token file", async () => {
  using home = newHome({ TYLER_URL: all.url, XDG_CONFIG_HOME: join(ada.path, "xdg") })
  mkdirSync(join(ada.path, "xdg"))
  await home.tyler(["login", "--user", "fin", "--password-file", "-"], { input: PASSWORD })
  assert.ok(existsSync(join(ada.path, "xdg", "tyler", "token.json")))
})
