/** A backup as it is made, for whoever writes it down: over HTTP, or into a folder at once. */
export type Piece =
  /** A file begins. `done` of `total` entries are in the parts before. */
  | { readonly kind: "begin"; readonly name: string; readonly done: number; readonly total: number }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  /** A file that is there already belongs to this backup too. */
  | { readonly kind: "keep"; readonly name: string }
