import { localError } from "./error.ts"

/** How an export's first and last line begin. */
export interface ExportEnds {
  readonly what: string
  readonly first: string
  readonly last: string
}

/** spec/audit-log.md, EXP-1 and EXP-4. */
export const LOG_EXPORT = { what: "audit export", first: '{"tyler":"audit-export",', last: '{"checkpoint":' }
/** docs/privacy.md */
export const PERSON_EXPORT = { what: "person's export", first: '{"tyler":"person-export",', last: '{"kind":"end",' }

/** The last line holds a signed note of a few hundred bytes; the API bounds it to 4,096 characters. */
const TAIL_BYTES = 16_384

/**
 * Passes an export on and sees that it is one, and whole. Whether it is true is `audit verify`'s business.
 * @throws TylerApiError `bad_answer` before the first piece leaves, or at the end
 */
export async function* wholeExport(
  { what, first, last }: ExportEnds,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
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
    if (head.byteLength < first.length) continue
    if (!textOf(head).startsWith(first)) break
    begun = true
    yield head
  }
  if (!begun) throw localError("bad_answer", `The address answered with something that is no ${what}`)
  const lines = textOf(tail).split("\n")
  if (lines.pop() !== "" || !lines.pop()?.startsWith(last))
    throw localError("bad_answer", "The export was cut off before its last line")
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
