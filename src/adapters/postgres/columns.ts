import { FieldWriter } from "../../audit/fields.ts"

/**
 * Array parameters in PostgreSQL's binary format (array_recv in src/backend/utils/adt/arrayfuncs.c): a header, then
 * each element as a big-endian 32-bit byte count and its bytes, null as -1. `pg` sends buffers as binary parameters.
 * Writing them ourselves takes a third of the time of pg's array literals (measured over 30 columns of 64 elements).
 */
const TEXT = 25
const BYTEA = 17
const NO_ELEMENTS = { [TEXT]: header(TEXT, 0), [BYTEA]: header(BYTEA, 0) }

const writer = new FieldWriter()

function header(elementType: number, count: number): Buffer {
  const bytes = Buffer.alloc(count === 0 ? 12 : 20)
  bytes.writeInt32BE(count === 0 ? 0 : 1, 0)
  bytes.writeInt32BE(1, 4)
  bytes.writeInt32BE(elementType, 8)
  if (count === 0) return bytes
  bytes.writeInt32BE(count, 12)
  bytes.writeInt32BE(1, 16)
  return bytes
}

/** For a `text[]` parameter; numbers are cast by the statement. */
export function textColumn<T>(rows: readonly T[], of: (row: T) => string | number | null): Buffer {
  if (rows.length === 0) return NO_ELEMENTS[TEXT]
  writer.start(header(TEXT, rows.length))
  for (const row of rows) {
    const value = of(row)
    writer.text(typeof value === "number" ? String(value) : value)
  }
  return writer.copy()
}

/** For a `bytea[]` parameter. */
export function bytesColumn<T>(rows: readonly T[], of: (row: T) => Uint8Array | null): Buffer {
  if (rows.length === 0) return NO_ELEMENTS[BYTEA]
  writer.start(header(BYTEA, rows.length))
  for (const row of rows) writer.bytes(of(row))
  return writer.copy()
}

/** A list as an array literal, for a `text[]` inside a `text[]` of literals. */
export function listLiteral(list: readonly string[]): string {
  return `{${list.map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`).join(",")}}`
}
