import type { BatchRefusal } from "../api/access.ts"
import type { TylerClient } from "../client/client.ts"
import type { Shown } from "./attempt.ts"
import type { Call } from "./command.ts"
import { lacksOf } from "./lacks.ts"
import { canGet, obtained } from "./walk.ts"

export type Refused = readonly (readonly [name: string, refusal: BatchRefusal])[]

/**
 * One request for all that need an approval, and one code for all that need one. Undefined: something else stands in
 * the way of one of them, or there is nobody to ask.
 */
export async function afterRefusals(
  call: Call,
  client: TylerClient,
  reason: string | undefined,
  refused: Refused,
): Promise<Shown | undefined> {
  const known = refused.flatMap(([name, { code, ...facts }]) => {
    const lacks = lacksOf(code, facts)
    return lacks !== undefined && canGet(call, lacks) ? [{ name, lacks }] : []
  })
  if (known.length < refused.length) return undefined
  return obtained(
    call,
    client,
    { verb: "read", reason },
    {
      approval: known.filter(({ lacks }) => lacks.approval).map(({ name }) => name),
      verification: known.filter(({ lacks }) => lacks.verification).map(({ name }) => name),
      says: known.find(({ lacks }) => lacks.says !== undefined)?.lacks.says,
    },
  )
}
