import type { AccessAnswer, BatchRefusal } from "../../api/access.ts"
import type { ListItem } from "../../api/secrets.ts"
import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import type { Shown } from "../attempt.ts"
import type { Call } from "../command.ts"
import { lacksOf } from "../lacks.ts"
import { afterRefusals } from "../run-refused.ts"
import { canGet } from "../walk.ts"
import type { Patience } from "./patience.ts"

/** Names in one durable act at most. */
const BATCH = 50

export interface Reader {
  readonly call: Call
  readonly client: TylerClient
  readonly patience: Patience
  readonly reason: string | undefined
}

export type Read = readonly [item: ListItem, answer: AccessAnswer | BatchRefusal]

/** Reads the values of all, 50 in one act, in their order. What lacks an approval or a code is led to it on a terminal. */
export async function* readAll(
  on: Reader,
  items: readonly ListItem[],
): AsyncGenerator<readonly Read[], void, undefined> {
  let width = BATCH
  for (let at = 0; at < items.length; ) {
    const part = items.slice(at, at + width)
    const answers = await readBatch(
      on,
      part.map(({ name }) => name),
    ).catch((error: unknown) => {
      if (error instanceof TooMany) return error
      throw error
    })
    if (answers instanceof TooMany) {
      width = answers.limit
      continue
    }
    at += part.length
    yield part.flatMap((item, index) => {
      const answer = answers[index]
      return answer === undefined ? [] : [[item, answer] as const]
    })
  }
}

/** The server lets fewer reads through at once than a batch has: waiting alone would never end. */
class TooMany extends Error {
  readonly limit: number

  constructor(limit: number) {
    super()
    this.limit = limit
  }
}

type Answers = readonly (AccessAnswer | BatchRefusal)[]

async function readBatch(on: Reader, names: readonly string[]): Promise<Answers> {
  const answers = await access(on, names, {})
  const lacking = answers.flatMap((answer, at) => {
    if ("versionId" in answer) return []
    const { code, ...facts } = answer
    const lacks = lacksOf(code, facts)
    return lacks !== undefined && canGet(on.call, lacks) ? [[names[at] ?? "", answer] as const] : []
  })
  const shown = lacking.length === 0 ? undefined : await afterRefusals(on.call, on.client, on.reason, lacking)
  if (shown === undefined) return answers
  const late = lacking.map(([name]) => name)
  const again = await access(on, late, shown)
  return answers.map((answer, at) => again[late.indexOf(names[at] ?? "")] ?? answer)
}

function access({ client, patience, reason }: Reader, names: readonly string[], shown: Shown): Promise<Answers> {
  const options = { unmask: true, ...(reason === undefined ? {} : { reason }), ...shown }
  return patience.through(async () => {
    try {
      return await client.access(names, options)
    } catch (error) {
      const limit = error instanceof TylerApiError && error.code === "rate_limited" ? error.facts["limit"] : undefined
      if (typeof limit === "number" && limit < names.length) throw new TooMany(Math.max(1, limit))
      throw error
    }
  })
}
