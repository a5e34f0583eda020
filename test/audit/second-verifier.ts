// @ts-expect-error: plain JavaScript without types, so that it depends on nothing here
import { verify } from "../../spec/vectors/verify.mjs"

export interface SecondVerdict {
  readonly ok: boolean
  readonly size: number
  readonly root: string | null
  readonly faults: readonly string[]
  readonly approvals: number
  readonly signatures: number
  readonly unchecked: number
}

export const secondVerdict = verify as (
  bytes: Uint8Array,
  key: string,
  checkpoints?: readonly string[],
) => SecondVerdict
