import { inclusionProof } from "../audit/proof.ts"
import { TylerError } from "../core/errors.ts"
import type { Service } from "./service.ts"

export interface InclusionProof {
  readonly leafHash: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** Proves that entry `index` stands in the tree of `size` entries. Hashes only: it tells nothing about the entry. */
export async function proveInclusion(
  on: Pick<Service, "reader">,
  index: number,
  size: number,
): Promise<InclusionProof> {
  const head = await on.reader.head()
  if (size > head.size) throw new TylerError("not_found", { error: "The log is not that long yet", size: head.size })
  const [leafHash] = await on.reader.leafHashes(index, index + 1)
  if (leafHash === undefined) throw new TylerError("not_found", { error: "No such entry" })
  return { leafHash, path: await inclusionProof(on.reader, index, size) }
}
