import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test, type TestContext } from "node:test"
import { type Block, type EntryMirror, MirrorFault, tipOf } from "../audit/entry-mirror.ts"
import type { EntryRow } from "../state/rows.ts"
import { mirroring } from "./mirroring.ts"

function entry(index: number): EntryRow {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest()
  return {
    index,
    timestamp: 1_800_000_000_000 + index,
    requestId: "r",
    action: "GET",
    result: "SUCCESS",
    resourceType: "secret",
    resourceName: "config/x",
    userId: "u",
    principalKind: "person",
    roles: [],
    policyIds: [],
    decision: "permit",
    versionId: null,
    grantId: null,
    details: null,
    quotaUse: null,
    salt: hash("salt"),
    username: "ada",
    ipAddress: "",
    userAgent: "",
    reason: null,
    leafHash: hash(String(index)),
    erasedBy: null,
    commitment: null,
  }
}

/** A log of up to 255 entries, so that the tree needs no stored nodes. */
function fakeLog(size: number) {
  const log = { size, down: false }
  const range = (from: number, to: number): EntryRow[] =>
    Array.from({ length: Math.max(0, Math.min(to, log.size) - from) }, (_, at) => entry(from + at))
  const reader = {
    async head() {
      if (log.down) throw new Error("down")
      return {
        size: log.size,
        root: new Uint8Array(32),
        edge: new Uint8Array(),
        lastTime: 0,
        policyEpoch: 0,
        policyMac: new Uint8Array(32),
      }
    },
    entryRange: async (from: number, to: number, limit: number) => range(from, Math.min(to, from + limit)),
    leafHashes: async (from: number, to: number) => range(from, to).map(({ leafHash }) => leafHash),
    node: async () => undefined,
  }
  return { log, reader }
}

type Mood = "well" | "down" | "loses_answers" | "takes_half"

function fakeMirror(most = 10) {
  const mirror = {
    name: "s3" as const,
    most,
    gatherMs: 0,
    mood: "well" as Mood,
    lines: [] as string[],
    blocks: 0,
    async tip() {
      if (mirror.mood === "down") throw new MirrorFault("unreachable")
      return tipOf(mirror.lines)
    },
    async append({ from, lines }: Block) {
      if (mirror.mood === "down") throw new MirrorFault("unreachable")
      const next = (tipOf(mirror.lines)?.index ?? -1) + 1
      if (from !== next) throw new MirrorFault("taken")
      mirror.blocks++
      const half = mirror.mood === "takes_half"
      mirror.lines.push(...(half ? lines.slice(0, Math.ceil(lines.length / 2)) : lines))
      if (mirror.mood === "well") return
      mirror.mood = "well"
      throw new MirrorFault("unreachable")
    },
    close: () => undefined,
  }
  return mirror satisfies EntryMirror
}

function copying(
  t: TestContext,
  size: number,
  mirrors: readonly EntryMirror[],
  more: { readonly leads?: () => boolean; readonly maxWaiting?: number } = {},
) {
  const { log, reader } = fakeLog(size)
  const warned: unknown[] = []
  const copied = mirroring(
    {
      reader,
      mirrors,
      leads: async () => more.leads?.() ?? true,
      origin: "tyler-setup/audit",
      sign: (at) => `signed ${at}`,
      maxWaiting: more.maxWaiting ?? null,
      log: { warn: (said: unknown) => void warned.push(said) },
    },
    size,
  )
  t.after(() => copied.close())
  return { log, copied, warned }
}

const indexes = ({ lines }: { readonly lines: readonly string[] }): readonly number[] =>
  lines.map((line) => (JSON.parse(line) as { index: number }).index)
const upTo = (size: number): readonly number[] => [...Array(size).keys()]

test("a mirror that is empty gets the log from its first entry, in blocks", async (t) => {
  const mirror = fakeMirror()
  const { copied, log } = copying(t, 25, [mirror])
  await copied.tick()
  assert.deepEqual([indexes(mirror), mirror.blocks], [upTo(25), 3])
  log.size = 26
  copied.reached(26)
  assert.equal(copied.states()[0]?.waiting, 1)
  await copied.tick()
  assert.deepEqual([indexes(mirror), copied.states()], [upTo(26), [{ name: "s3", waiting: 0, cause: null }]])
})

test("an answer that is lost, and a block of which half arrived: nothing twice, nothing left out", async (t) => {
  for (const mood of ["loses_answers", "takes_half"] as const) {
    const mirror = fakeMirror()
    mirror.mood = mood
    const { copied } = copying(t, 25, [mirror])
    await copied.tick()
    await copied.tick()
    assert.deepEqual(indexes(mirror), upTo(25), mood)
  }
})

test("a mirror that is down does not hold up the others; it is told once, and heals", async (t) => {
  const [down, well] = [fakeMirror(), fakeMirror()]
  down.mood = "down"
  const { copied, warned } = copying(t, 25, [down, well])
  await copied.tick()
  await copied.tick()
  assert.deepEqual([indexes(well), indexes(down)], [upTo(25), []])
  assert.deepEqual(
    copied.states().map(({ cause }) => cause),
    ["unreachable", null],
  )
  assert.equal(warned.length, 1)
  down.mood = "well"
  await copied.tick()
  assert.deepEqual([indexes(down), copied.states()[0]?.cause], [upTo(25), null])
})

test("what is not the beginning of this log is not written on", async (t) => {
  const ahead = fakeMirror()
  await copying(t, 25, [ahead]).copied.tick()
  const shorter = copying(t, 20, [ahead])
  await shorter.copied.tick()
  assert.equal(shorter.copied.states()[0]?.cause, "ahead")
  const forked = fakeMirror()
  forked.lines.push(JSON.stringify({ index: 3, leafHash: Buffer.alloc(32, 9).toString("base64"), erasedBy: 0 }))
  const other = copying(t, 25, [forked])
  await other.copied.tick()
  assert.deepEqual([other.copied.states()[0]?.cause, forked.lines.length, ahead.lines.length], ["forked", 1, 25])
})

test("of two replicas one copies, and the other goes on where it ended", async (t) => {
  const mirror = fakeMirror()
  let leader = "a"
  const a = copying(t, 25, [mirror], { leads: () => leader === "a" })
  const b = copying(t, 25, [mirror], { leads: () => leader === "b" })
  await Promise.all([a.copied.tick(), b.copied.tick()])
  assert.deepEqual([indexes(mirror), b.copied.states()[0]?.waiting], [upTo(25), null])
  leader = "b"
  a.log.size = b.log.size = 40
  await Promise.all([a.copied.tick(), b.copied.tick()])
  assert.deepEqual([indexes(mirror), a.copied.states()[0]?.waiting], [upTo(40), null])
})

test("a replica that does not copy asks how far the other is, where recording depends on it", async (t) => {
  const mirror = fakeMirror()
  await copying(t, 25, [mirror]).copied.tick()
  const watcher = copying(t, 25, [mirror], { leads: () => false, maxWaiting: 5 })
  await watcher.copied.tick()
  watcher.copied.reached(29)
  assert.equal(watcher.copied.behind(), false)
  watcher.copied.reached(30)
  assert.equal(watcher.copied.behind(), true)
})

test("as many entries may wait as were said, and not one more", async (t) => {
  const mirror = fakeMirror()
  mirror.mood = "down"
  const { copied } = copying(t, 25, [mirror], { maxWaiting: 10 })
  await copied.tick()
  for (const [size, behind] of [
    [34, false],
    [35, true],
    [36, true],
  ] as const) {
    copied.reached(size)
    assert.equal(copied.behind(), behind, String(size))
  }
})
