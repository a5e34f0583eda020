import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, test } from "node:test"
import { secondVerdict } from "../audit/second-verifier.ts"
import { type Exported, exportLog, verdictOn } from "../kit/audit.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<"dev" | "audit">
let log: Exported
/** Handed out before the export; what is exported must extend it. */
let earlier = ""

before(async () => {
  stage = await openStage({ dev: ["developer"], audit: ["auditor"] })
  const dev = stage.people.dev.client
  await createSecret(stage.admin, "config/plain", "value")
  for (const reason of ["Grüße aus Köln \u{1f511}", 'quotes " and \\ back', REASON])
    for (const unmask of [true, false]) await read(dev, "config/plain", { reason, unmask })
  earlier = (await read(dev, "config/plain")).body.receipt?.checkpoint ?? ""
  await read(dev, "database/none")
  await read(dev, "config/%00")
  await stage.admin.put(secretPath("config/plain"), { value: "other", reason: REASON })
  await Promise.all(Array.from({ length: 300 }, () => dev.get("/api/secrets")))
  log = await exportLog(stage.people.audit.client)
})
after(() => stage.close())

function withLines(lines: readonly string[]): Exported {
  return { ...log, lines, text: lines.map((line) => `${line}\n`).join("") }
}

async function bothSay(changed: Exported, checkpoint?: string): Promise<boolean> {
  const one = await verdictOn(changed, checkpoint)
  const two = secondVerdict(Buffer.from(changed.text), log.key, checkpoint === undefined ? [] : [checkpoint])
  assert.equal(one.ok, two.ok, `the verifiers disagree: ${JSON.stringify(one)} ${JSON.stringify(two)}`)
  return one.ok
}

test("an export verifies with both verifiers, and extends the checkpoint of an earlier receipt", async () => {
  const verdict = await verdictOn(log, earlier)
  assert.ok(verdict.ok, JSON.stringify(verdict))
  assert.equal(verdict.entries, log.lines.length - 2)
  assert.ok(verdict.entries > 300)
  assert.equal(await bothSay(log), true)
  assert.equal(await bothSay(log, earlier), true)
  const own = JSON.parse(log.lines.at(-2) ?? "") as Record<string, unknown>
  assert.deepEqual([own["action"], own["username"]], ["AUDIT_EXPORT", "audit"], "the export itself is in it")
})

test("both find one changed character in any line", async () => {
  for (let line = 0; line < log.lines.length; line += 7) {
    const text = log.lines[line] ?? ""
    const at = (line * 31) % text.length
    const changed = `${text.slice(0, at)}${text[at] === "x" ? "y" : "x"}${text.slice(at + 1)}`
    assert.equal(
      await bothSay(withLines(log.lines.with(line, changed))),
      false,
      `line ${line + 1}, character ${at + 1}`,
    )
  }
})

test("both find a line that is dropped, doubled, moved or cut off", async () => {
  const { lines } = log
  const middle = Math.floor(lines.length / 2)
  const [a = "", b = ""] = [lines[middle], lines[middle + 1]]
  for (const changed of [
    lines.toSpliced(middle, 1),
    lines.toSpliced(middle, 0, a),
    lines.with(middle, b).with(middle + 1, a),
    lines.slice(0, -1),
    lines.slice(0, middle),
    lines.toSpliced(-2, 1),
    lines.toSpliced(0, 1),
    [],
  ])
    assert.equal(await bothSay(withLines(changed)), false)
})

test("a later export extends an earlier one, whole", async () => {
  const { checkpoint } = JSON.parse(log.lines.at(-1) ?? "") as { checkpoint: string }
  await read(stage.people.dev.client, "config/plain", { unmask: false })
  const later = await exportLog(stage.admin)
  assert.equal((await verdictOn(later, checkpoint)).ok, true)
  assert.deepEqual(later.lines.slice(0, log.lines.length - 1), log.lines.slice(0, -1))
  const now = (await stage.admin.get<{ checkpoint: string }>("/api/audit/checkpoint")).body.checkpoint
  assert.equal((await verdictOn(log, now)).ok, false, "the earlier one does not reach the later checkpoint")
})

test("an inclusion proof leads from an entry to the root of the checkpoint", async () => {
  const sha = (...parts: Uint8Array[]) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest()
  const note = (await stage.admin.get<{ checkpoint: string }>("/api/audit/checkpoint")).body.checkpoint
  const [, size = "", root] = note.split("\n")
  for (const index of [0, 1, 255, 256, 300, Number(size) - 1]) {
    const query = `?index=${index}&size=${size}`
    const { body } = await stage.people.dev.client.get<{ leafHash: string; proof: string[] }>(
      `/api/audit/proof${query}`,
    )
    // RFC 9162, 2.1.3.2.
    let [fn, sn] = [index, Number(size) - 1]
    let hash: Uint8Array = Buffer.from(body.leafHash, "base64")
    for (const step of body.proof.map((text) => Buffer.from(text, "base64"))) {
      if (fn % 2 === 1 || fn === sn) {
        hash = sha(Buffer.of(1), step, hash)
        while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
      } else hash = sha(Buffer.of(1), hash, step)
      ;[fn, sn] = [fn >> 1, sn >> 1]
    }
    assert.equal(sn, 0)
    assert.equal(Buffer.from(hash).toString("base64"), root, `entry ${index}`)
  }
  for (const query of [
    "?index=1&size=1",
    `?index=0&size=${Number(size) + 1000}`,
    "?index=-1&size=5",
    "?index=0&size=0",
    "",
    "?index=x&size=2",
  ])
    assert.ok([400, 404].includes((await stage.admin.get(`/api/audit/proof${query}`)).status), query)
})

test("the key and the checkpoint are public, the log is not", async () => {
  const { anonymous } = stage.server
  assert.equal((await anonymous.get("/api/audit/key")).status, 200)
  assert.equal((await anonymous.get("/api/audit/checkpoint")).status, 200)
  for (const path of ["/api/audit", "/api/audit/export", "/api/audit/proof?index=0&size=1"])
    assert.equal((await anonymous.get(path)).status, 401, path)
  assert.equal((await stage.people.dev.client.get("/api/audit/export")).status, 403)
})
