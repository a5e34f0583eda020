/**
 * QR codes (ISO/IEC 18004:2015) for what an authenticator app scans: bytes, error correction M, any version. A terminal
 * or a browser draws them, so that a seed never becomes a picture on a server. The browser is sent these very functions,
 * as `QR_SCRIPT`: they use each other and nothing else.
 */

/** By version from 1, at level M: check bytes of each block, and blocks (table 9). */
const CHECK_BYTES = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
]
const BLOCKS = [
  1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35,
  37, 38, 40, 43, 45, 47, 49,
]

/** Which modules a mask turns over, by column and row (table 10). */
const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

/** Rows of modules; 1 is dark. No quiet zone: 4 modules of light belong around it. */
export type Modules = readonly Uint8Array[]

/** @param text at most 2,331 bytes of UTF-8. @throws RangeError if it is longer */
export function qrCode(text: string): Modules {
  const bytes = new TextEncoder().encode(text)
  const version = qrVersion(bytes.length)
  const all = qrInterleave(qrData(bytes, version), version)
  const drawn = MASKS.map((_, mask) => qrDraw(version, all, mask))
  return drawn.reduce((best, next) => (qrPenalty(next) < qrPenalty(best) ? next : best))
}

/** Bytes of a version, data and check bytes together. */
function qrCapacity(version: number): number {
  const marks = version < 2 ? 0 : Math.floor(version / 7) + 2
  const alignment = marks === 0 ? 0 : (25 * marks - 10) * marks - 55
  return Math.floor(((16 * version + 128) * version + 64 - alignment - (version < 7 ? 0 : 36)) / 8)
}

function qrDataBytes(version: number): number {
  return qrCapacity(version) - (CHECK_BYTES[version - 1] ?? 0) * (BLOCKS[version - 1] ?? 0)
}

function qrVersion(length: number): number {
  for (let version = 1; version <= 40; version++)
    if (length + (version < 10 ? 1.5 : 2.5) <= qrDataBytes(version)) return version
  throw new RangeError("too long for a QR code")
}

/** Mode 4 (bytes), length, content, end, and padding to the full length. */
function qrData(bytes: Uint8Array, version: number): Uint8Array {
  const bits = (value: number, width: number): string => value.toString(2).padStart(width, "0")
  const head = `0100${bits(bytes.length, version < 10 ? 8 : 16)}`
  const text = `${head}${Array.from(bytes, (byte) => bits(byte, 8)).join("")}0000`
  const own = text.match(/.{8}/g) ?? []
  return Uint8Array.from({ length: qrDataBytes(version) }, (_, at) =>
    at < own.length ? Number.parseInt(own[at] ?? "", 2) : (at - own.length) % 2 === 0 ? 0xec : 0x11,
  )
}

/** Product in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function qrTimes(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((b >> bit) & 1) * a)
  return product
}

/** The remainder of Reed and Solomon: as many check bytes as asked for. */
function qrCheck(data: Uint8Array, count: number): Uint8Array {
  const generator = new Uint8Array(count)
  generator[count - 1] = 1
  for (let root = 1, step = 0; step < count; step++, root = qrTimes(root, 2))
    for (let at = 0; at < count; at++) generator[at] = qrTimes(generator[at] ?? 0, root) ^ (generator[at + 1] ?? 0)
  const rest = new Uint8Array(count)
  for (const byte of data) {
    const factor = byte ^ (rest[0] ?? 0)
    rest.copyWithin(0, 1)
    rest[count - 1] = 0
    for (let at = 0; at < count; at++) rest[at] = (rest[at] ?? 0) ^ qrTimes(generator[at] ?? 0, factor)
  }
  return rest
}

/** Cut into blocks, check bytes added, and one byte of each block after the other. */
function qrInterleave(data: Uint8Array, version: number): Uint8Array {
  const count = BLOCKS[version - 1] ?? 1
  const check = CHECK_BYTES[version - 1] ?? 0
  const short = Math.floor(data.length / count)
  const shorts = count - (data.length % count)
  const start = (block: number): number => block * short + Math.max(0, block - shorts)
  const blocks = Array.from({ length: count }, (_, block) => data.subarray(start(block), start(block + 1)))
  const columns = (rows: readonly Uint8Array[], width: number): number[] =>
    Array.from({ length: width }, (_, at) => rows.filter((row) => at < row.length).map((row) => row[at] ?? 0)).flat()
  const checks = blocks.map((block) => qrCheck(block, check))
  return Uint8Array.from([...columns(blocks, short + 1), ...columns(checks, check)])
}

function qrDraw(version: number, all: Uint8Array, mask: number): Modules {
  const size = 17 + 4 * version
  const rows = Array.from({ length: size }, () => new Uint8Array(size))
  const taken = Array.from({ length: size }, () => new Uint8Array(size))
  const set = (x: number, y: number, dark: number | boolean): void => {
    if (rows[y]?.[x] === undefined || taken[y] === undefined) return
    rows[y][x] = Number(dark)
    taken[y][x] = 1
  }
  qrMarks(version, size, set)
  qrFormat(version, size, mask, set)
  let bit = 0
  for (let right = size - 1; right > 0; right -= right === 8 ? 3 : 2)
    for (let step = 0; step < size; step++)
      for (const x of [right, right - 1]) {
        // Columns left of the vertical timing line are one off; upward and downward take turns.
        const upward = ((x < 6 ? right + 2 : right + 1) & 2) === 0
        const y = upward ? size - 1 - step : step
        const row = rows[y]
        if (row === undefined || taken[y]?.[x] === 1) continue
        const dark = ((all[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1
        bit++
        row[x] = dark ^ Number(MASKS[mask]?.(x, y) ?? false)
      }
  return rows
}

type QrSet = (x: number, y: number, dark: number | boolean) => void

/** Timing lines, alignment marks, the three corners. */
function qrMarks(version: number, size: number, set: QrSet): void {
  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0)
    set(at, 6, at % 2 === 0)
  }
  const rings = (x: number, y: number, reach: number, light: readonly number[]): void => {
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -reach; dx <= reach; dx++)
        set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))))
  }
  const count = version < 2 ? 0 : Math.floor(version / 7) + 2
  const gap = version === 32 ? 26 : Math.ceil((4 * version + 4) / (2 * count - 2)) * 2
  const places = Array.from({ length: count }, (_, at) => (at === 0 ? 6 : size - 7 - gap * (count - 1 - at)))
  const corner = (x: number, y: number): boolean => x === 6 && (y === 6 || y === size - 7)
  for (const y of places) for (const x of places) if (!corner(x, y) && !corner(y, x)) rings(x, y, 2, [1])
  rings(3, 3, 4, [2, 4])
  rings(size - 4, 3, 4, [2, 4])
  rings(3, size - 4, 4, [2, 4])
}

/** Level M and mask, twice, and from version 7 on the version, twice, each with its check bits. */
function qrFormat(version: number, size: number, mask: number, set: QrSet): void {
  const checked = (value: number, width: number, polynomial: number): number => {
    let rest = value
    for (let step = 0; step < width; step++) rest = (rest << 1) ^ ((rest >> (width - 1)) * polynomial)
    return (value << width) | rest
  }
  const format = checked(mask, 10, 0x537) ^ 0x5412
  for (let at = 0; at < 15; at++) {
    const dark = (format >> at) & 1
    set(8, at < 6 ? at : at < 8 ? at + 1 : size - 15 + at, dark)
    set(at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at, 8, dark)
  }
  set(8, size - 8, true)
  if (version < 7) return
  const own = checked(version, 12, 0x1f25)
  for (let at = 0; at < 18; at++) {
    set(size - 11 + (at % 3), Math.floor(at / 3), (own >> at) & 1)
    set(Math.floor(at / 3), size - 11 + (at % 3), (own >> at) & 1)
  }
}

/** How hard a code is to scan (7.8.3): long runs, squares, what looks like a corner, and too much of one colour. */
function qrPenalty(rows: Modules): number {
  const lines = [...rows, ...rows.map((_, x) => rows.map((row) => row[x] ?? 0))].map((line) =>
    Array.from(line).join(""),
  )
  const hits = (line: string, pattern: RegExp): string[] => Array.from(line.matchAll(pattern), ([found]) => found)
  const runs = lines.flatMap((line) => hits(line, /(.)\1{4,}/g)).reduce((sum, run) => sum + run.length - 2, 0)
  const corners = lines.flatMap((line) => hits(line, /(?=10111010000|00001011101)/g)).length * 40
  let squares = 0
  const at = (x: number, y: number): number => rows[y]?.[x] ?? 0
  for (let y = 1; y < rows.length; y++)
    for (let x = 1; x < rows.length; x++)
      if ((at(x, y) + at(x - 1, y) + at(x, y - 1) + at(x - 1, y - 1)) % 4 === 0) squares += 3
  const dark = rows.reduce((sum, row) => row.reduce((all, one) => all + one, sum), 0) / rows.length ** 2
  return runs + corners + squares + Math.floor(Math.abs(dark * 20 - 10)) * 10
}

/** The same for the browser. */
export const QR_SCRIPT = `"use strict"
const [CHECK_BYTES, BLOCKS] = ${JSON.stringify([CHECK_BYTES, BLOCKS])}
const MASKS = [${MASKS.join()}]
${[qrCode, qrCapacity, qrDataBytes, qrVersion, qrData, qrTimes, qrCheck].join("\n")}
${[qrInterleave, qrDraw, qrMarks, qrFormat, qrPenalty].join("\n")}
`
