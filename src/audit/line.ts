import type { Personal, Plain } from "./canonical.ts"

/** One entry as a line of an export spells it. */
export type EntryLine = StandingLine | PrunedLine

export interface StandingLine extends Plain, Personal {
  readonly pruned: false
  readonly index: number
  readonly quotaUse: number | null
  readonly salt: Buffer | null
  /** Base64 of 32 bytes. */
  readonly leafHash: string
  readonly erasedBy: number | null
  readonly commitment: Buffer | null
}

/** What retention leaves. */
export interface PrunedLine {
  readonly pruned: true
  readonly index: number
  readonly leafHash: string
  readonly erasedBy: number
}

/** The line is not the one spelling that `exportLine` gives an entry. */
export class LineError extends Error {}

const RESULTS: readonly string[] = ["SUCCESS", "FAILURE", "DENIED", "INTENT", "UNKNOWN"]
/** 32 bytes have one base64 spelling: the last character carries four bits and two zeros. */
const HASH = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f]/
const QUOTE = 34
const MAX_LINE = 1_048_576

/**
 * Reads an entry line, accepting only the exact text that `exportLine` writes (a fixed order of keys, no white space,
 * the escapes of JSON.stringify), so that a line has one spelling and any changed byte changes the entry. Walking the
 * known keys takes half the time of JSON.parse and writing it again to compare. Throws LineError.
 */
export function parseEntryLine(line: string): EntryLine {
  if (line.length > MAX_LINE) throw new LineError("the line is longer than any entry")
  if (CONTROL.test(line) || !line.isWellFormed()) throw new LineError("the line holds bytes that no export writes")
  const at = new Walker(line)
  const index = at.skip('{"index":').count()
  return line.startsWith(',"leafHash":', at.at) ? pruned(at, index) : standing(at, index)
}

function pruned(at: Walker, index: number): PrunedLine {
  const leafHash = at.skip(',"leafHash":').hash()
  const erasedBy = at.skip(',"erasedBy":').count()
  at.skip("}").end()
  return { pruned: true, index, leafHash, erasedBy }
}

function standing(at: Walker, index: number): StandingLine {
  const timestamp = at.skip(',"timestamp":').count()
  const requestId = at.skip(',"requestId":').text()
  const action = at.skip(',"action":').text()
  const result = at.skip(',"result":').text() as Plain["result"]
  if (!RESULTS.includes(result)) throw new LineError("the entry has an unknown result")
  const resourceType = at.skip(',"resourceType":').text()
  const resourceName = at.skip(',"resourceName":').text()
  const userId = at.skip(',"userId":').text()
  const principalKind = at.skip(',"principalKind":').text()
  const roles = at.skip(',"roles":').texts()
  const policyIds = at.skip(',"policyIds":').texts()
  const decision = at.skip(',"decision":').text()
  const versionId = at.skip(',"versionId":').textOrNull()
  const grantId = at.skip(',"grantId":').textOrNull()
  const details = at.skip(',"details":').textOrNull()
  const quotaUse = at.skip(',"quotaUse":').countOrNull()
  const salt = at.skip(',"salt":').hashOrNull()
  const username = at.skip(',"username":').textOrNull()
  const ipAddress = at.skip(',"ipAddress":').textOrNull()
  const userAgent = at.skip(',"userAgent":').textOrNull()
  const reason = at.skip(',"reason":').textOrNull()
  const leafHash = at.skip(',"leafHash":').hash()
  const erased = at.continues(',"erasedBy":')
  const erasedBy = erased ? at.count() : null
  const commitment = erased ? Buffer.from(at.skip(',"commitment":').hash(), "base64") : null
  at.skip("}").end()
  return {
    pruned: false,
    index,
    timestamp,
    requestId,
    action,
    result,
    resourceType,
    resourceName,
    userId,
    principalKind,
    roles,
    policyIds,
    decision,
    versionId,
    grantId,
    details,
    quotaUse,
    salt: salt === null ? null : Buffer.from(salt, "base64"),
    username,
    ipAddress,
    userAgent,
    reason,
    leafHash,
    erasedBy,
    commitment,
  }
}

/** Walks one line from left to right. */
class Walker {
  readonly #line: string
  readonly #escapes: boolean
  at = 0

  constructor(line: string) {
    this.#line = line
    this.#escapes = line.includes("\\")
  }

  skip(expected: string): this {
    if (!this.continues(expected)) throw new LineError(`expected ${expected} at character ${this.at + 1}`)
    return this
  }

  continues(expected: string): boolean {
    if (!this.#line.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }

  end(): void {
    if (this.at !== this.#line.length) throw new LineError("text after the end of the entry")
  }

  count(): number {
    const start = this.at
    let value = 0
    for (; ; this.at++) {
      const digit = this.#line.charCodeAt(this.at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
    }
    const length = this.at - start
    if (length === 0 || length > 16 || value > Number.MAX_SAFE_INTEGER) throw new LineError("expected a count")
    if (length > 1 && this.#line.charCodeAt(start) === 48) throw new LineError("a count begins with 0")
    return value
  }

  countOrNull(): number | null {
    return this.continues("null") ? null : this.count()
  }

  text(): string {
    const start = this.at
    if (this.#line.charCodeAt(start) !== QUOTE) throw new LineError(`expected a text at character ${start + 1}`)
    let end = this.#line.indexOf('"', start + 1)
    if (!this.#escapes && end > 0) {
      this.at = end + 1
      return this.#line.slice(start + 1, end)
    }
    while (end > 0 && this.#isEscaped(start, end)) end = this.#line.indexOf('"', end + 1)
    if (end < 0) throw new LineError("a text does not end")
    this.at = end + 1
    return unescape(this.#line.slice(start, end + 1))
  }

  textOrNull(): string | null {
    return this.continues("null") ? null : this.text()
  }

  texts(): string[] {
    const list: string[] = []
    this.skip("[")
    if (this.continues("]")) return list
    do list.push(this.text())
    while (this.continues(","))
    this.skip("]")
    return list
  }

  hash(): string {
    const text = this.text()
    if (!HASH.test(text)) throw new LineError("expected 32 bytes in base64")
    return text
  }

  hashOrNull(): string | null {
    return this.continues("null") ? null : this.hash()
  }

  /** An odd number of backslashes stands before the quote. */
  #isEscaped(start: number, quote: number): boolean {
    let before = quote
    while (before - 1 > start && this.#line.charCodeAt(before - 1) === 92) before--
    return (quote - before) % 2 === 1
  }
}

function unescape(quoted: string): string {
  let text: unknown
  try {
    text = JSON.parse(quoted)
  } catch {
    throw new LineError("a text is not JSON")
  }
  if (typeof text !== "string" || !text.isWellFormed()) throw new LineError("a text is not Unicode")
  if (JSON.stringify(text) !== quoted) throw new LineError("a text is not in its one spelling")
  return text
}
