import type { EntryRow } from "../state/rows.ts"
import type { Personal, Plain } from "./canonical.ts"
import { readUsual } from "./usual-line.ts"

/** One entry as a line of an export spells it. */
export type EntryLine = StandingLine | PrunedLine

export interface StandingLine extends Plain, Personal {
  readonly index: number
  readonly quotaUse: number | null
  /** 32 bytes in base64, as are leaf hash and commitment. */
  readonly salt: string | null
  readonly leafHash: string
  readonly erasedBy: number | null
  readonly commitment: string | null
}

/** What retention leaves. */
export interface PrunedLine {
  readonly index: number
  readonly leafHash: string
  readonly erasedBy: number
}

export function isPruned(line: EntryLine): line is PrunedLine {
  return !("action" in line)
}

/** The line is not the one spelling of an entry. */
export class LineError extends Error {}

const RESULTS: readonly unknown[] = ["SUCCESS", "FAILURE", "DENIED", "INTENT", "UNKNOWN"] satisfies EntryRow["result"][]
/** 32 bytes have one base64 spelling: the last character carries four bits and two zeros. */
const HASH = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/
const MAX_LINE = 1_048_576

/** The one spelling of an entry. An entry that stands whole does not mention erasure. */
export function spell(entry: EntryLine): string {
  if (isPruned(entry)) return JSON.stringify({ index: entry.index, leafHash: entry.leafHash, erasedBy: entry.erasedBy })
  const text = JSON.stringify({
    index: entry.index,
    timestamp: entry.timestamp,
    requestId: entry.requestId,
    action: entry.action,
    result: entry.result,
    resourceType: entry.resourceType,
    resourceName: entry.resourceName,
    userId: entry.userId,
    principalKind: entry.principalKind,
    roles: entry.roles,
    policyIds: entry.policyIds,
    decision: entry.decision,
    versionId: entry.versionId,
    grantId: entry.grantId,
    details: entry.details,
    quotaUse: entry.quotaUse,
    salt: entry.salt,
    username: entry.username,
    ipAddress: entry.ipAddress,
    userAgent: entry.userAgent,
    reason: entry.reason,
    leafHash: entry.leafHash,
  })
  if (entry.erasedBy === null) return text
  return `${text.slice(0, -1)},"erasedBy":${entry.erasedBy},"commitment":"${entry.commitment}"}`
}

/**
 * Reads an entry line. Only the text that `spell` writes is accepted, so that a line has one spelling and any changed
 * byte changes the entry. Throws LineError.
 */
export function parseEntryLine(line: string): EntryLine {
  return readUsual(line) ?? readAny(line)
}

/** By parsing the line and spelling it again. Throws LineError. */
export function readAny(line: string): EntryLine {
  if (line.length > MAX_LINE) throw new LineError("the line is longer than any entry")
  let value: Record<keyof StandingLine, unknown>
  try {
    value = JSON.parse(line) as Record<keyof StandingLine, unknown>
  } catch {
    throw new LineError("the line is not JSON")
  }
  if (typeof value !== "object" || value === null) throw new LineError("the line is not an entry")
  const entry = value.action === undefined ? pruned(value) : standing(value)
  if (spell(entry) !== line || !line.isWellFormed())
    throw new LineError("the line is not spelled as an export spells it")
  return entry
}

function pruned(value: Record<keyof PrunedLine, unknown>): PrunedLine {
  return { index: count(value.index), leafHash: bytes(value.leafHash), erasedBy: count(value.erasedBy) }
}

function standing(value: Record<keyof StandingLine, unknown>): StandingLine {
  if (!RESULTS.includes(value.result)) throw new LineError("the entry has an unknown result")
  const erased = value.erasedBy !== undefined
  return {
    index: count(value.index),
    timestamp: count(value.timestamp),
    requestId: text(value.requestId),
    action: text(value.action),
    result: value.result as EntryRow["result"],
    resourceType: text(value.resourceType),
    resourceName: text(value.resourceName),
    userId: text(value.userId),
    principalKind: text(value.principalKind),
    roles: texts(value.roles),
    policyIds: texts(value.policyIds),
    decision: text(value.decision),
    versionId: textOrNull(value.versionId),
    grantId: textOrNull(value.grantId),
    details: textOrNull(value.details),
    quotaUse: value.quotaUse === null ? null : count(value.quotaUse),
    salt: value.salt === null ? null : bytes(value.salt),
    username: textOrNull(value.username),
    ipAddress: textOrNull(value.ipAddress),
    userAgent: textOrNull(value.userAgent),
    reason: textOrNull(value.reason),
    leafHash: bytes(value.leafHash),
    erasedBy: erased ? count(value.erasedBy) : null,
    commitment: erased ? bytes(value.commitment) : null,
  }
}

function count(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new LineError("expected a count")
  return value
}

/** Unicode only: a lone surrogate has no UTF-8 of its own and would pass for U+FFFD. */
function text(value: unknown): string {
  if (typeof value !== "string" || !value.isWellFormed()) throw new LineError("expected a text")
  return value
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value)
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new LineError("expected a list of texts")
  return value.map(text)
}

function bytes(value: unknown): string {
  if (typeof value !== "string" || !HASH.test(value)) throw new LineError("expected 32 bytes in base64")
  return value
}
