import assert from "node:assert/strict"
import { test } from "node:test"
import { TylerError } from "../core/errors.ts"
import { systemClock } from "../core/clock.ts"
import { Turn } from "../core/turn.ts"
import { entryHead, entryTail, leafHashOf } from "../audit/canonical.ts"
import { appendLeaf, EMPTY_EDGE, rootOf } from "../audit/merkle.ts"
import type { EntryRow } from "../state/rows.ts"
import { logOf } from "./log.ts"

function entry(index: number): EntryRow {
  const row: EntryRow = {
    index,
    timestamp: 1_000 + index,
    requestId: `r${index}`,
    action: "GET",
    result: "SUCCESS",
    resourceType: "secret",
    resourceName: "config/app",
    userId: "p1",
    principalKind: "person",
    roles: ["dba"],
    policyIds: ["config"],
    decision: "permit",
    versionId: null,
    grantId: null,
    details: "unmasked",
    quotaUse: 1,
    salt: Buffer.alloc(32, index),
    username: "grace",
    ipAddress: "::1",
    userAgent: "test",
    reason: "Looking at the log itself",
    leafHash: Buffer.alloc(0),
    erasedBy: null,
    commitment: null,
  }
  return { ...row, leafHash: leafHashOf(entryHead(row), entryTail(row.quotaUse)) }
}

function readerOf(rows: readonly EntryRow[], signed: readonly EntryRow[] = rows) {
  let edge: Uint8Array = EMPTY_EDGE
  for (const [size, { leafHash }] of signed.entries()) edge = appendLeaf(size, edge, leafHash).edge
  return {
    head: async () => ({ size: rows.length, root: rootOf(edge), lastTime: rows.at(-1)?.timestamp ?? 0 }) as never,
    entryRange: async (from: number, to: number, limit: number) => rows.slice(from, Math.min(to, from + limit)),
    leafHashes: async (from: number, to: number) => rows.slice(from, to).map(({ leafHash }) => leafHash),
    node: async () => undefined,
  }
}

const look = (reader: ReturnType<typeof readerOf>) => logOf(reader, new Turn(systemClock))
const whole = Array.from({ length: 130 }, (_, at) => entry(at))

test("an honest log agrees with its root, and its newest entries with their hashes", async () => {
  const found = await look(readerOf(whole))
  assert.deepEqual([found.size, found.rootAgrees, found.rehashed, found.wrong], [130, true, 130, []])
  assert.deepEqual((await look(readerOf([]))).wrong, [])
})

test("a changed field is found by its entry's number, a changed hash by the root, an erased entry is passed over", async () => {
  const field = whole.map((row) => (row.index === 77 ? { ...row, decision: "other" } : row))
  assert.deepEqual([(await look(readerOf(field))).wrong, (await look(readerOf(field))).rootAgrees], [[77], true])
  const rewritten = whole.map((row) => (row.index === 77 ? { ...entry(77), leafHash: entry(78).leafHash } : row))
  assert.equal((await look(readerOf(rewritten, whole))).rootAgrees, false)
  const erased = whole.map((row) => (row.index === 77 ? { ...row, salt: null, username: null, erasedBy: 80 } : row))
  assert.deepEqual([(await look(readerOf(erased))).rehashed, (await look(readerOf(erased))).wrong], [129, []])
})

test("a database that does not answer is that, and no verdict", async () => {
  const reader = { ...readerOf(whole), leafHashes: () => Promise.reject(new TylerError("unavailable")) }
  await assert.rejects(look(reader), TylerError)
})
