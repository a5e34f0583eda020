import { localError } from "./error.ts"

/** First and last line of an export: spec/audit-log.md, EXP-1 and EXP-6. */
const FIRST = '{"tyler":"audit-export",'
const LAST = '{"checkpoint":'
/** The last line holds a signed note of a few hundred bytes; the API bounds it to 4,096 characters. */
const TAIL_BYTES = 16_384

/**
 * Passes an export on and sees that it is one, and whole. Whether it is true is `audit verify`'s business.
 * @throws TylerApiError `bad_answer` before the first piece leaves, or at the end
 */
export async function* wholeExport(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let head = new Uint8Array()
  let tail = new Uint8Array()
  let begun = false
  for await (const piece of pieces) {
    tail = joined(tail, piece).slice(-TAIL_BYTES)
    if (begun) {
      yield piece
      continue
    }
    head = joined(head, piece)
    if (head.byteLength < FIRST.length) continue
    if (!textOf(head).startsWith(FIRST)) break
    begun = true
    yield head
  }
  if (!begun) throw localError("bad_answer", "The address answered with something that is no audit export")
  const lines = textOf(tail).split("\n")
  if (lines.pop() !== "" || !lines.pop()?.startsWith(LAST))
    throw localError("bad_answer", "The export was cut off before its last line, the checkpoint")
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.byteLength + other.byteLength)
  both.set(one)
  both.set(other, one.byteLength)
  return both
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
