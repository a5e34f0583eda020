import { EMPTY_EDGE, HASH_BYTES, hashChildren, rootOf } from "./merkle.ts"

/** Inclusion proofs: RFC 6962, section 2.1.1; checked as RFC 9162, section 2.1.3.2, says. */

const TILE_LEVELS = 8
const TILE = 256
const TOP_LEVEL = 24

/** Stored hashes: leaves, and the roots of finished subtrees at levels 8, 16 and 24. */
export interface TreeSource {
  /** Leaf hashes `from <= index < to`. */
  leafHashes(from: number, to: number): Promise<readonly Uint8Array[]>
  node(level: number, position: number): Promise<Uint8Array | undefined>
  /** Nodes `from <= position < to` of one level in one go; without it they are asked for one by one. */
  nodes?(level: number, from: number, to: number): Promise<readonly Uint8Array[]>
}

/**
 * Path from leaf `index` to the root of the tree of the first `size` leaves. Reads at most seven ranges of up to 256
 * stored hashes for any size below 2^32. Throws RangeError unless 0 <= index < size.
 */
export async function inclusionProof(source: TreeSource, index: number, size: number): Promise<Buffer[]> {
  if (!isCount(index) || !isCount(size) || index >= size) throw new RangeError("no such entry in a tree of this size")
  return hashAll(source, size, inclusionRanges(index, 0, size))
}

/** Root of the tree of the first `size` leaves, from stored hashes. */
export async function rootAt(source: TreeSource, size: number): Promise<Buffer> {
  if (!isCount(size)) throw new RangeError("no such tree")
  if (size === 0) return rootOf(EMPTY_EDGE)
  const [root] = await hashAll(source, size, [{ from: 0, to: size }])
  return root as Buffer
}

/** Leaves `from <= index < to`; always a subtree of the whole tree. */
interface Range {
  readonly from: number
  readonly to: number
}

function inclusionRanges(index: number, from: number, to: number): Range[] {
  if (to - from === 1) return []
  const middle = from + splitOf(to - from)
  return index < middle
    ? [...inclusionRanges(index, from, middle), { from: middle, to }]
    : [...inclusionRanges(index, middle, to), { from, to: middle }]
}

/** The largest power of two smaller than `count`; `count` at least 2. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

async function hashAll(source: TreeSource, size: number, ranges: readonly Range[]): Promise<Buffer[]> {
  const tiles = new Tiles(source, size)
  const hashes: Buffer[] = []
  for (const range of ranges) hashes.push(await hashRange(tiles, range.from, range.to))
  return hashes
}

async function hashRange(tiles: Tiles, from: number, to: number): Promise<Buffer> {
  const level = Math.log2(to - from)
  if (Number.isInteger(level)) return hashPerfect(tiles, level, from / (to - from))
  const middle = from + splitOf(to - from)
  return hashChildren(await hashRange(tiles, from, middle), await hashRange(tiles, middle, to))
}

/** From the stored level at or below: at most 256 children, unless the subtree is larger than 2^32 leaves. */
async function hashPerfect(tiles: Tiles, level: number, position: number): Promise<Buffer> {
  const base = Math.min(TOP_LEVEL, level - (level % TILE_LEVELS))
  if (level - base > TILE_LEVELS) {
    const left = await hashPerfect(tiles, level - 1, position * 2)
    return hashChildren(left, await hashPerfect(tiles, level - 1, position * 2 + 1))
  }
  const width = 2 ** (level - base)
  const tile = await tiles.load(base, Math.floor((position * width) / TILE))
  const start = (position * width) % TILE
  return foldPerfect(tile.slice(start, start + width))
}

function foldPerfect(nodes: readonly Uint8Array[]): Buffer {
  let row = nodes
  while (row.length > 1)
    row = row.filter((_, at) => at % 2 === 0).map((left, at) => hashChildren(left, row[at * 2 + 1] as Uint8Array))
  return Buffer.from(row[0] as Uint8Array)
}

/** Stored hashes in runs of 256, each read once per proof. */
class Tiles {
  readonly #source: TreeSource
  readonly #size: number
  readonly #loaded = new Map<string, Promise<readonly Uint8Array[]>>()

  constructor(source: TreeSource, size: number) {
    this.#source = source
    this.#size = size
  }

  load(level: number, tile: number): Promise<readonly Uint8Array[]> {
    const key = `${level}/${tile}`
    let loading = this.#loaded.get(key)
    if (!loading) this.#loaded.set(key, (loading = this.#read(level, tile * TILE)))
    return loading
  }

  async #read(level: number, from: number): Promise<readonly Uint8Array[]> {
    const to = Math.min(from + TILE, Math.floor(this.#size / 2 ** level))
    const hashes = await this.#ask(level, from, to)
    if (hashes.length !== to - from || hashes.some((hash) => hash?.byteLength !== HASH_BYTES))
      throw new Error(`the stored tree lacks hashes of level ${level} from ${from} to ${to}`)
    return hashes as readonly Uint8Array[]
  }

  #ask(level: number, from: number, to: number): Promise<readonly (Uint8Array | undefined)[]> {
    if (level === 0) return this.#source.leafHashes(from, to)
    if (this.#source.nodes) return this.#source.nodes(level, from, to)
    return Promise.all(Array.from({ length: to - from }, (_, at) => this.#source.node(level, from + at)))
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
