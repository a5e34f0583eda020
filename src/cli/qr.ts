import { remainder } from "./reed-solomon.ts"

/** Codewords are those of each of two equal blocks; `centres` are of alignment patterns, on both axes. */
type Version = Readonly<{ version: number; data: number; check: number; centres: readonly number[] }>

/** Those of tables 9 and E.1 that have two equal blocks at level L. */
const VERSIONS: readonly Version[] = [
  { version: 6, data: 68, check: 18, centres: [6, 34] },
  { version: 7, data: 78, check: 20, centres: [6, 22, 38] },
  { version: 8, data: 97, check: 24, centres: [6, 24, 42] },
  { version: 9, data: 116, check: 30, centres: [6, 26, 46] },
]
/** Level L, mask 0, with its error correction and the standard's mask. */
const FORMAT = 0b111011111000100

/**
 * A QR code (ISO/IEC 18004) of up to 230 bytes as rows of modules, true for dark; undefined for a longer text. Byte mode,
 * versions 6 to 9, mask 0 always: a reader takes any, and the choice only makes bad print easier to read.
 */
export function qrCode(text: string): readonly (readonly boolean[])[] | undefined {
  const bytes = Buffer.from(text, "utf8")
  const version = VERSIONS.find(({ data }) => bytes.byteLength + 2 <= 2 * data)
  return version === undefined ? undefined : drawn(version, codewords(version, bytes))
}

/** Mode, length, bytes and end fill whole nibbles; then both blocks and their check words, interleaved. */
function codewords({ data, check }: Version, bytes: Buffer): Buffer {
  const head = Buffer.from(`4${bytes.byteLength.toString(16).padStart(2, "0")}${bytes.toString("hex")}0`, "hex")
  const all = Buffer.concat([head, Buffer.alloc(2 * data - head.byteLength, Uint8Array.of(0xec, 0x11))])
  const [one, other] = [all.subarray(0, data), all.subarray(data)].map((block) => [
    ...block,
    ...remainder(block, check),
  ])
  return Buffer.from((one ?? []).flatMap((byte, at) => [byte, other?.[at] ?? 0]))
}

function drawn({ version, centres }: Version, words: Buffer): boolean[][] {
  const size = 17 + 4 * version
  const cells = Array.from({ length: size }, () => Array.from<boolean | undefined>({ length: size }))
  const set = (row: number, column: number, dark: boolean): void => {
    const line = cells[row]
    if (line !== undefined && column >= 0 && column < size) line[column] = dark
  }
  const square = (row: number, column: number, reach: number, light: readonly number[]): void => {
    for (let down = -reach; down <= reach; down++)
      for (let right = -reach; right <= reach; right++)
        set(row + down, column + right, !light.includes(Math.max(Math.abs(down), Math.abs(right))))
  }
  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0)
    set(at, 6, at % 2 === 0)
  }
  for (const [row, column] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ] as const)
    square(row, column, 4, [2, 4])
  // A finder pattern stands in the other three corners.
  for (const row of centres)
    for (const column of centres)
      if (row + column !== 12 && (row === column || row + column !== size - 1)) square(row, column, 2, [1])
  drawFormat(set, size)
  if (version >= 7) drawVersion(set, size, version)
  return filled(cells, words)
}

type Set = (row: number, column: number, dark: boolean) => void

/** Twice: around the first finder, and along the other two. */
function drawFormat(set: Set, size: number): void {
  for (let bit = 0; bit < 15; bit++) {
    const dark = ((FORMAT >> bit) & 1) === 1
    const down = bit < 6 ? bit : bit < 8 ? bit + 1 : size - 15 + bit
    const left = bit < 8 ? size - 1 - bit : bit === 8 ? 7 : 14 - bit
    set(down, 8, dark)
    set(8, left, dark)
  }
  set(size - 8, 8, true)
}

/** Six bits and twelve of error correction, twice. */
function drawVersion(set: Set, size: number, version: number): void {
  let rest = version
  for (let at = 0; at < 12; at++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25)
  const bits = (version << 12) | rest
  for (let at = 0; at < 18; at++) {
    const dark = ((bits >> at) & 1) === 1
    set(Math.floor(at / 3), size - 11 + (at % 3), dark)
    set(size - 11 + (at % 3), Math.floor(at / 3), dark)
  }
}

/** Two columns at a time from the right, up and down by turns, past the upright timing pattern; mask 0 over it. */
function filled(cells: readonly (boolean | undefined)[][], words: Buffer): boolean[][] {
  const size = cells.length
  let bit = 0
  for (let right = size - 1; right >= 1; right -= right === 8 ? 3 : 2)
    for (let step = 0; step < size; step++) {
      const row = (((size - 1 - right) >> 1) + (right < 6 ? 1 : 0)) % 2 === 0 ? size - 1 - step : step
      for (const column of [right, right - 1]) {
        const line = cells[row]
        if (line === undefined || line[column] !== undefined) continue
        const dark = (((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1
        line[column] = dark !== ((row + column) % 2 === 0)
        bit++
      }
    }
  return cells.map((line) => line.map((dark) => dark === true))
}
