import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Sealed } from "./seal.ts"
import { decodeRecord, encodeRecord, type SealedRecord } from "./format.ts"

const NOTHING = Buffer.alloc(0)

/**
 * A record without its ciphertext: wrapped data key, commitment, IV and tag. It is what we keep of a value that lies
 * elsewhere; it can be re-wrapped like a whole record.
 */
export function headOf(sealed: Uint8Array): Sealed {
  const record = recordOf(sealed)
  return { keyId: record.keyId, sealed: encodeRecord({ ...record, ciphertext: NOTHING }) }
}

/** The record with the data key as `head` has it. @throws TylerError `internal` if the two are not of one value */
export function withHead(head: Uint8Array, sealed: Uint8Array): Buffer {
  const kept = recordOf(head)
  const record = recordOf(sealed)
  const same =
    equalBytes(kept.commitment, record.commitment) && equalBytes(kept.iv, record.iv) && equalBytes(kept.tag, record.tag)
  if (!same) throw new TylerError("internal", {}, "a sealed value is not the one that was put there")
  return encodeRecord({ ...record, keyId: kept.keyId, wrap: kept.wrap })
}

function recordOf(bytes: Uint8Array): SealedRecord {
  const decoded = decodeRecord(bytes)
  if ("fault" in decoded) throw new TylerError("internal", {}, `a sealed value does not open: ${decoded.fault}`)
  return decoded.record
}
