/** The root key that somebody has in escrow, and when (ms) they showed it. */
export interface ConfirmedEscrow {
  readonly rootKeyCheck: Uint8Array
  readonly at: number
}

const CHECK_BYTES = 32

/** As both engines keep it in `meta`: the check value and the time, big-endian. */
export function escrowBytes({ rootKeyCheck, at }: ConfirmedEscrow): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(at))
  return Buffer.concat([rootKeyCheck, time])
}

export function escrowOf(bytes: Uint8Array): ConfirmedEscrow {
  const all = Buffer.from(bytes)
  return { rootKeyCheck: all.subarray(0, CHECK_BYTES), at: Number(all.readBigUInt64BE(CHECK_BYTES)) }
}
