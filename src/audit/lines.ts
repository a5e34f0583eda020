import { isUtf8 } from "node:buffer"

/** Stands in for a line whose bytes are not UTF-8; no export holds such a line. */
export const NOT_UTF8 = "\u0000not UTF-8"

/** A line longer than this is cut into pieces, none of which is an entry. */
const MAX_LINE_BYTES = 4_194_304
const NEWLINE = 10

/**
 * Splits a stream of bytes into lines without their newline, keeping no more than one chunk and one line. Strict UTF-8:
 * a byte order mark stays in its line, and a line with bad bytes becomes `NOT_UTF8`. The last line needs no newline.
 * The lines of one chunk come together: one by one, the waiting takes a tenth of a verification (measured).
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<readonly string[]> {
  let rest: Uint8Array = new Uint8Array()
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE)
    if (end < 0 && rest.byteLength < MAX_LINE_BYTES) {
      rest = Buffer.concat([rest, chunk])
      continue
    }
    const whole = Buffer.concat([rest, end < 0 ? chunk : chunk.subarray(0, end)])
    rest = end < 0 ? new Uint8Array() : Buffer.from(chunk.subarray(end + 1))
    yield split(whole)
  }
  if (rest.byteLength > 0) yield split(rest)
}

/** Line by line: one text outside of Latin-1 would otherwise make all lines of its chunk twice as wide. */
function split(bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const sound = isUtf8(buffer)
  const lines: string[] = []
  for (let start = 0; start <= buffer.byteLength; ) {
    const found = buffer.indexOf(NEWLINE, start)
    const end = found < 0 ? buffer.byteLength : found
    lines.push(sound || isUtf8(buffer.subarray(start, end)) ? buffer.toString("utf8", start, end) : NOT_UTF8)
    start = end + 1
  }
  return lines
}
