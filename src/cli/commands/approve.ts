import type { RequestItem } from "../../api/access-requests.ts"
import type { TylerClient } from "../../client/client.ts"
import { CODE_QUESTION, withCode } from "../code.ts"
import { addressOf, connect } from "../connect.ts"
import { type Call, operand, switched, Unmet, UsageError } from "../command.ts"
import { NEEDS_MORE, REFUSED } from "../exit.ts"
import { answer, line, note } from "../print.ts"
import { printable } from "../printable.ts"
import { ask, canAsk } from "../prompt.ts"
import { showRequest } from "../request-text.ts"
import { untilDecided } from "../wait.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const id = operand(call, 0)
  const sure = switched(call, "yes")
  if (!sure && !canAsk(world)) throw new UsageError("there is no terminal to confirm on; --yes confirms", "approve")
  const client = connect(call)
  const request = await client.requests.get(id)
  if (!sure) await confirm(call, request)
  const kinds = (await client.factors.list()).map(({ kind }) => kind)
  if (kinds.includes("passkey")) return signed(call, client, request)
  const approve = (code?: string) => client.requests.approve(id, code === undefined ? undefined : { code })
  const decided = kinds.includes("totp") ? await withCode(call, CODE_QUESTION, approve) : await approve()
  await answer(call, decided, () =>
    line(world, `approved: ${decided.approvals} of ${decided.needed} approvals; the request is ${decided.state}`),
  )
}

async function confirm({ world }: Call, request: RequestItem): Promise<void> {
  await showRequest(world, request)
  if (!/^y(?:es)?$/i.test((await ask(world, "Approve this? [y/N]")).trim()))
    throw new UsageError("not approved; nothing was done", "approve")
}

/** A passkey signs in a browser. What was signed there shows in the request. */
async function signed(call: Call, client: TylerClient, request: RequestItem): Promise<void> {
  const { world } = call
  const { id } = request
  const link = `${addressOf(call)}/approve/${encodeURIComponent(id)}`
  if (switched(call, "no-wait") || switched(call, "json"))
    throw new Unmet(NEEDS_MORE, "verification_required", `your passkey has to sign this approval; open ${link}`)
  await note(world, printable(`tyler: your passkey has to sign this approval; open ${link}`))
  const me = (await client.me()).id
  const mine = ({ decisions }: RequestItem) => decisions.find(({ byId }) => byId === me)
  const done = (one: RequestItem) => one.state !== "pending" || mine(one) !== undefined
  const left = "it can still be approved in the browser"
  const latest = await untilDecided(world, client, { request, done, left })
  if (mine(latest)?.verdict !== "approve")
    throw new Unmet(REFUSED, "request_closed", `not approved by you: the request is ${latest.state}`)
  await line(world, `approved; the request is ${latest.state}`)
}
