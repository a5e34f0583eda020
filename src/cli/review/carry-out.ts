import type { ReviewBody, ReviewRecorded } from "../../api/access-review.ts"
import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import { verified } from "../attempt.ts"
import type { Call } from "../command.ts"
import { noteWaiting } from "../pending.ts"
import { note } from "../print.ts"
import { printable } from "../printable.ts"
import type { Decision } from "./decisions.ts"

export interface CarriedOut {
  /** Null: nothing came of any. */
  readonly recorded: ReviewRecorded | null
  /** Names of those whose change was refused. */
  readonly refused: readonly string[]
}

/** Each by the route that anybody changes people by; then the record of what was decided. */
export async function carryOut(
  call: Call,
  client: TylerClient,
  decisions: readonly Decision[],
  days: number,
  reason: string,
): Promise<CarriedOut> {
  const made: ReviewBody["decisions"] = []
  const refused: string[] = []
  for (const decision of decisions)
    if (await changed(call, client, decision, reason)) made.push(...wire(decision))
    else refused.push(decision.subject.name)
  const recorded = made.length === 0 ? null : await client.accessReview.record({ days, decisions: made, reason })
  return { recorded, refused }
}

/** @returns false for a refusal, which is told */
async function changed(call: Call, client: TylerClient, decision: Decision, reason: string): Promise<boolean> {
  if ("keep" in decision) return true
  const { subject } = decision
  const change =
    "disable" in decision
      ? { disabled: true }
      : { roles: subject.roles.filter((role) => !decision.roles.includes(role)) }
  try {
    const answer = await verified(call, client, { verb: "govern", names: [] }, (shown) =>
      client.users.change(subject.id, { ...change, reason }, shown),
    )
    if ("pending" in answer) await noteWaiting(call.world, answer.pending)
    return true
  } catch (error) {
    if (!(error instanceof TylerApiError)) throw error
    await note(call.world, printable(`tyler: ${subject.name}: ${error.message}`))
    return false
  }
}

function wire(decision: Decision): ReviewBody["decisions"] {
  const { id } = decision.subject
  if ("keep" in decision) return [{ id, decision: "keep" }]
  if ("disable" in decision) return [{ id, decision: "disable" }]
  return decision.roles.map((role) => ({ id, decision: "remove_role", role }))
}
