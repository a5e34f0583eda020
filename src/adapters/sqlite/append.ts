import { entryHead, entryTail, leafHashOf } from "../../audit/canonical.ts"
import type { Act, Draft, Outcome } from "../../audit/ledger.ts"
import { appendLeaf, rootOf } from "../../audit/merkle.ts"
import type { Change, Conflict } from "../../state/change.ts"
import type { HeadRow } from "../../state/rows.ts"
import { applyChange } from "./changes.ts"
import { compare } from "./compare.ts"
import { ConflictError } from "./conflict.ts"
import { headRow, type SqlRow } from "./decode.ts"
import { countUse, type Uses } from "./quota.ts"
import type { Statements } from "./statements.ts"

/** An outcome that still lacks the checkpoint, which is signed only after the commit. */
export type Unsigned =
  | { readonly index: number; readonly leafHash: Uint8Array; readonly quota: { secret: number; person: number } | null }
  | Extract<Outcome, { moved: unknown }>

/** The head as the running transaction sees it. */
interface Growing {
  size: number
  edge: Uint8Array
  lastTime: number
  policyEpoch: number
}

export interface Appended {
  readonly outcomes: readonly Unsigned[]
  readonly size: number
  readonly root: Uint8Array
}

/**
 * The record transaction, whole: one named function inside the worker, never BEGIN and statements sent one by one.
 * The head row is written first, so that two writers of one database could not interleave.
 */
export function appendActs(sql: Statements, acts: readonly Act[]): Appended {
  sql.of("BEGIN IMMEDIATE").run()
  try {
    const before = readHead(sql)
    const head: Growing = { ...before }
    const outcomes = acts.map((act) => appendAct(sql, head, act))
    const root = head.size === before.size ? before.root : rootOf(head.edge)
    if (head.size !== before.size) {
      sql
        .of("UPDATE log_head SET size = ?, root = ?, edge = ?, last_time = ? WHERE id = 1")
        .run(head.size, root, head.edge, head.lastTime)
    }
    sql.of("COMMIT").run()
    return { outcomes, size: head.size, root }
  } catch (error) {
    rollBack(sql)
    throw error
  }
}

export function readHead(sql: Statements): HeadRow {
  const row = sql.of("SELECT * FROM log_head WHERE id = 1").get() as SqlRow | undefined
  if (row === undefined) throw new Error("the database has no log head")
  return headRow(row)
}

function rollBack(sql: Statements): void {
  try {
    sql.of("ROLLBACK").run()
  } catch {
    // SQLite has already rolled back by itself (full disk, I/O error): https://www.sqlite.org/lang_transaction.html
  }
}

function appendAct(sql: Statements, head: Growing, act: Act): Unsigned {
  const compared = compare(sql, head.policyEpoch, act)
  if ("moved" in compared) return compared
  const conflict = act.changes.length === 0 ? undefined : applyChanges(sql, act.changes, head.size)
  if (conflict !== undefined) return { moved: { kind: "conflict", conflict } }
  for (const change of act.changes) if (change.kind === "putPolicies") head.policyEpoch = change.epoch
  return write(sql, head, act, compared.used)
}

/** All of them or none. */
function applyChanges(sql: Statements, changes: readonly Change[], index: number): Conflict | undefined {
  sql.of("SAVEPOINT act").run()
  try {
    for (const change of changes) applyChange(sql, change, index)
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    sql.of("ROLLBACK TO act").run()
    sql.of("RELEASE act").run()
    return error.conflict
  }
  sql.of("RELEASE act").run()
  return undefined
}

function write(sql: Statements, head: Growing, act: Act, used: Uses): Unsigned {
  const quota = act.quota === null ? null : countUse(sql, act.quota, used)
  const leafHash = leafHashOf(entryHead(act.entry), entryTail(quota === null ? null : quota.secret))
  const index = head.size
  insertEntry(sql, index, act.entry, quota === null ? null : quota.secret, leafHash)
  const grown = appendLeaf(index, head.edge, leafHash)
  for (const node of grown.completed)
    sql.of("INSERT INTO audit_node (level, position, hash) VALUES (?, ?, ?)").run(node.level, node.position, node.hash)
  head.size = index + 1
  head.edge = grown.edge
  head.lastTime = act.entry.timestamp
  return { index, leafHash, quota }
}

function insertEntry(
  sql: Statements,
  index: number,
  entry: Draft,
  quotaUse: number | null,
  leafHash: Uint8Array,
): void {
  sql
    .of(`INSERT INTO security_audit_log (idx, timestamp, request_id, action, result, resource_type, resource_name,
           user_id, principal_kind, roles, policy_ids, decision, version_id, grant_id, details, quota_use, salt,
           username, ip_address, user_agent, reason, leaf_hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      index,
      entry.timestamp,
      entry.requestId,
      entry.action,
      entry.result,
      entry.resourceType,
      entry.resourceName,
      entry.userId,
      entry.principalKind,
      JSON.stringify(entry.roles),
      JSON.stringify(entry.policyIds),
      entry.decision,
      entry.versionId,
      entry.grantId,
      entry.details,
      quotaUse,
      entry.salt,
      entry.username,
      entry.ipAddress,
      entry.userAgent,
      entry.reason,
      leafHash,
    )
}
