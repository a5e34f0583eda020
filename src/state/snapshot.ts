import type { Table } from "./tables.ts"

/** Entries `from` up to, without, `to`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Everything as it was at one moment, at one size of the log, while others go on writing. One reader at a time. */
export interface Snapshot {
  /**
   * Rows in the order of the table's key, each a JSON array of its cells in the order of the table's columns; a few hundred
   * at a time. @param span needed for `LOG` @throws TylerError `unavailable`
   */
  rows(table: Table, span?: Span): AsyncIterable<readonly string[]>
  /** Tells whether entries of the span were erased or emptied since an earlier answer: it then differs. */
  taken(span: Span): Promise<string>
  close(): Promise<void>
}

/** A node of the log's tree, at one of the levels that are stored. */
export interface NodeCells {
  readonly level: number
  readonly position: number
  readonly hash: Uint8Array
}

/** An empty place that is being filled. Nothing of it is there for anybody before `commit`. */
export interface Filling extends AsyncDisposable {
  /** @param rows each a JSON array of cells in the order of `columns` @throws Error if the engine refuses them */
  put(table: Table, columns: readonly string[], rows: readonly string[]): Promise<void>
  nodes(nodes: readonly NodeCells[]): Promise<void>
  commit(): Promise<void>
}
