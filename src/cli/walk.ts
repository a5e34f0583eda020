import type { RequestItem } from "../api/access-requests.ts"
import type { TylerClient } from "../client/client.ts"
import type { TylerApiError } from "../client/error.ts"
import type { Shown, Wish } from "./attempt.ts"
import { type Call, Unmet } from "./command.ts"
import { reasonOf } from "./connect.ts"
import { REFUSED } from "./exit.ts"
import { type Lacks, lacksOf } from "./lacks.ts"
import { note } from "./print.ts"
import { printable } from "./printable.ts"
import { canStepUp, canWalk, requireCodes, stepUp } from "./step-up.ts"
import { untilDecided } from "./wait.ts"

/** Gets what a refusal says is missing. Throws the refusal where that cannot be had from here. */
export async function afterRefusal(
  call: Call,
  client: TylerClient,
  wish: Wish,
  refusal: TylerApiError,
): Promise<Shown> {
  const lacks = lacksOf(refusal.code, refusal.facts)
  if (lacks === undefined || !canGet(call, lacks)) throw refusal
  return obtained(call, client, wish, {
    approval: lacks.approval ? wish.names : [],
    verification: lacks.verification ? wish.names : [],
    says: lacks.says,
  })
}

/** Whether what is missing can be had from here. */
export function canGet(call: Call, { approval }: Lacks): boolean {
  return approval ? canWalk(call) : canStepUp(call)
}

/** What is missing, secret by secret. */
export interface Needs {
  readonly approval: readonly string[]
  readonly verification: readonly string[]
  /** Who may approve, as the server says it. */
  readonly says: string | undefined
}

/** One request for all that need an approval, then one code for all that need one. */
export async function obtained(
  call: Call,
  client: TylerClient,
  { verb, reason }: Omit<Wish, "names">,
  needs: Needs,
): Promise<Shown> {
  const { approval, verification } = needs
  // Before anybody is asked: an approval is of no use to who cannot step up.
  if (verification.length > 0) await requireCodes(client)
  if (approval.length > 0) await approved(call, client, { names: approval, verb, reason }, needs.says)
  return verification.length === 0
    ? {}
    : { verificationToken: await stepUp(call, client, { verb, names: verification }) }
}

async function approved(call: Call, client: TylerClient, wish: Wish, says: string | undefined): Promise<void> {
  const { world } = call
  const earlier = await openRequest(client, wish)
  const request = earlier ?? (await asked(call, client, wish))
  const what = earlier === undefined ? "asked for an approval" : "your earlier request is still open"
  await note(world, printable(`tyler: ${what}: ${request.id}`))
  if (says !== undefined) await note(world, printable(`tyler: it takes ${says}`))
  const left = `request ${request.id} is still open; take it back with: tyler cancel ${request.id}`
  const decided = await untilDecided(world, client, { request, done: ({ state }) => state !== "pending", left })
  const who = decidersOf(decided)
  if (decided.state !== "approved")
    throw new Unmet(
      REFUSED,
      `request_${decided.state}`,
      `request ${request.id} was ${ENDS[decided.state] ?? "ended"}${who}`,
    )
  await note(world, printable(`tyler: approved${who}`))
}

async function asked(call: Call, client: TylerClient, { names, verb, reason }: Wish): Promise<RequestItem> {
  return client.requests.create({ secrets: [...names], verb, reason: reason ?? (await reasonOf(call)) })
}

const ENDS: Readonly<Record<string, string>> = {
  denied: "denied",
  cancelled: "cancelled",
  expired: "not decided in time",
  void: "overtaken by a change",
}

function decidersOf({ decisions }: RequestItem): string {
  return decisions.length === 0 ? "" : ` by ${decisions.map(({ by }) => by).join(", ")}`
}

/** One's own that already asks for all of it: whoever stopped waiting goes on where they were. */
async function openRequest(client: TylerClient, { names, verb }: Wish): Promise<RequestItem | undefined> {
  const { requests } = await client.requests.page({ of: "own", state: "pending", limit: 100 })
  return requests.find(
    (one) =>
      one.kind === "access" &&
      one.state === "pending" &&
      one.verb === verb &&
      names.every((name) => one.secrets.includes(name)),
  )
}
