import assert from "node:assert/strict"
import { ftruncateSync, openSync, closeSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { SOURCE_LIMIT } from "../../src/cli/transfer/source-file.ts"
import { type Home, newHome } from "./kit.ts"
import { REASON, type Team, team, tokenIn } from "./server.ts"

let all: Team
let here: Home

before(async () => {
  all = await team()
  here = newHome({ TYLER_URL: all.url, TYLER_REASON: REASON, TYLER_TOKEN: tokenIn(all.ada) })
})
after(async () => {
  here[Symbol.dispose]()
  await all.stop()
})

const CANARY = "c4n4ry"

/** Nothing of such a file goes in, and nothing of it is repeated. */
async function refuses(format: "env" | "json" | "vault", content: string | Uint8Array, said: RegExp): Promise<void> {
  writeFileSync(join(here.path, "source"), content)
  const { code, out, err } = await here.tyler(["import", "source", "--from", format, "--prefix", "hostile"])
  assert.deepEqual([code, out], [2, ""], err)
  assert.match(err, said)
  assert.ok(!err.includes(CANARY), err)
  assert.ok(err.length < 500, err)
}

test("a .env that readers take in different ways is refused with its line", async () => {
  const rows = [
    [`A=1\n${CANARY}\n`, /line 2: is neither NAME=VALUE nor a comment/],
    [`\n\nA=${CANARY}#x\n`, /line 3: quote a value that holds #/],
    [`A="${CANARY}\nB=2\n`, /line 1: the quote is not closed/],
    [`A='${CANARY}\n`, /line 1: the quote is not closed/],
    [`A='x' ${CANARY}\n`, /line 1: something follows/],
    [`A="x\n${CANARY}"\nB="\\q${CANARY}"`, /line 3: in double quotes/],
    [`A=1\r\nB=2\r\nA=${CANARY}`, /line 3: A stands in line 1 already/],
    [`A=1\nB=x\0${CANARY}`, /line 2: holds a NUL byte/],
    [`A B=${CANARY}`, /line 1/],
    [`1A=${CANARY}`, /line 1/],
    [`=${CANARY}`, /line 1/],
  ] as const
  for (const [text, said] of rows) await refuses("env", text, said)
})

test("JSON that is odd is refused with its line", async () => {
  const rows = [
    [`{"a":"${CANARY}",\n"b":}`, /line 2: is not valid JSON/],
    [`{"a":"${CANARY}",\n"a":"x"}`, /line 2: the JSON repeats a key/],
    [`{"x":{"a":1,\n"\\u0061":"${CANARY}"}}`, /line 2: the JSON repeats a key/],
    [`{"a":"${CANARY}",\n\n"__proto__":{"b":1}}`, /line 3: the key __proto__/i],
    [`{"a":{"n":\n1e400,"x":"${CANARY}"}}`, /line 2: a number/i],
    [`{"a":{"n":1.0,"x":"${CANARY}"}}`, /line 1: a number/i],
    [`["${CANARY}"]`, /must be/],
    [`"${CANARY}`, /not valid JSON/],
    ["[".repeat(100_000), /line 1: the JSON nests deeper than 40/],
    [`{"a":\n${'{"a":'.repeat(100_000)}1${"}".repeat(100_001)}`, /line 2: the JSON nests deeper/],
    [`{"a":"${CANARY}\0"}`, /not valid JSON/],
    ["", /not valid JSON/],
  ] as const
  for (const [text, said] of rows) await refuses("json", text, said)
  await refuses("vault", "", /valid JSON|no answer/)
  await refuses("vault", "[]", /no answer of Vault/)
  await refuses("vault", `[{"data":{"data":{"x":"${CANARY}"},"metadata":{}}},{}]`, /needs a "path"/)
})

test("bytes that are no text are refused; a byte order mark and CRLF are not", async () => {
  await refuses("env", Buffer.from(`A=${CANARY}\nB=\xff\n`, "latin1"), /line 2: is not UTF-8/)
  await refuses("json", Buffer.from(`\ufeff{"a":"x"}`, "utf16le"), /is not UTF-8/)
  const { code, out } = await here.tyler(["import", "-", "--from", "env", "--prefix", "hostile/bom"], {
    input: "\ufeffA=1\r\n\r\n# c\r\nB='2'\r\n",
  })
  assert.deepEqual([code, out], [0, "2 created\n"])
  const odd = await here.tyler(["import", "-", "--from", "env", "--prefix", "hostile/odd"], {
    input: "__proto__=1\nconstructor=2\n",
  })
  assert.deepEqual([odd.code, odd.out], [0, "2 created\n"])
  const empty = await here.tyler(["import", "-", "--from", "env"], { input: "" })
  assert.deepEqual([empty.code, empty.out], [0, "nothing to import\n"])
})

test("values that no secret can hold stay out, one by one", async () => {
  const source = {
    ok: "x".repeat(65_536),
    empty: "",
    long: "x".repeat(65_537),
    wide: "é".repeat(32_769),
    half: "\ud800",
    nothing: null,
    list: [],
    yes: true,
    deep: JSON.parse('{"a":'.repeat(33) + "1" + "}".repeat(33)) as object,
  }
  writeFileSync(join(here.path, "odd.json"), JSON.stringify(source))
  const { code, out, err } = await here.tyler(["import", "odd.json", "--prefix", "hostile/odd"])
  assert.deepEqual([code, out], [3, "1 created, 8 not imported\n"], err)
  assert.match(err, /odd\/deep: value_not_exact/)
})

test("files beyond the limit, folders, pipes and other things are no sources", async () => {
  const path = join(here.path, "huge.json")
  const fd = openSync(path, "w")
  ftruncateSync(fd, SOURCE_LIMIT + 1)
  const huge = await here.tyler(["import", "huge.json"])
  assert.equal(huge.code, 2)
  assert.match(huge.err, /longer than 134217728 bytes/)
  ftruncateSync(fd, 0)
  writeFileSync(fd, `{"big":"${CANARY}${"x".repeat(104_857_600)}"}`)
  closeSync(fd)
  const big = await here.tyler(["import", "huge.json", "--prefix", "hostile/big"])
  assert.deepEqual([big.code, big.out], [3, "1 not imported\n"])
  assert.match(big.err, /is longer than 65536 bytes/)
  writeFileSync(path, `A=${"x".repeat(104_857_600)}`)
  assert.match((await here.tyler(["import", "huge.json", "--from", "env"])).err, /is longer than 65536 bytes/)
  mkdirSync(join(here.path, "none"))
  assert.match((await here.tyler(["import", "none", "--from", "vault"])).err, /no \.json file/)
  assert.equal((await here.tyler(["import", "/dev/zero", "--from", "env"])).code, 2)
  assert.equal((await here.tyler(["import", "missing.json"])).code, 1)
  assert.match((await here.tyler(["import", "x.yaml"])).err, /add --from/)
  assert.match((await here.tyler(["import"])).err, /SOURCE is missing/)
  assert.equal((await here.tyler(["import", "x.json", "--from", "yaml"])).code, 2)
  assert.equal((await here.tyler(["import", "x.json", "--on-conflict", "merge"])).code, 2)
})
