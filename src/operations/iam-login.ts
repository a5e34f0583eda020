import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { WORKLOAD_LIFETIME_MS, WORKLOADS_MAX } from "../identity/credential.ts"
import { type IamCaller, principalOf } from "../identity/iam-principal.ts"
import { IAM_REMEMBERED_MS, type IamFault, type IamFields, type IamProof, readIamProof } from "../identity/iam-proof.ts"
import { iamBindingGenuine, principalGenuine } from "../identity/row-mac.ts"
import type { IamBindingRow, PrincipalRow } from "../state/rows.ts"
import { signedCredential } from "./accounts.ts"
import { draftEntry, escapeText } from "./entry.ts"
import { anonymousCaller } from "./login.ts"
import { hasOwner } from "./owner.ts"
import { perform } from "./perform.ts"
import type { Service } from "./service.ts"
import type { WorkloadSession } from "./workload-login.ts"

/** How AWS is asked whose signature it is. */
export interface IamLogin {
  readonly region: string
  /** @returns a code of AWS's in place of a caller it does not accept. @throws TylerError `unavailable`, `busy` */
  readonly ask: (proof: IamProof) => Promise<IamCaller | { readonly refused: string }>
}

interface Bound {
  readonly proof: IamProof
  readonly binding: IamBindingRow
  readonly said: string
}

type Judged = Bound | { readonly fault: IamFault } | { readonly refused: string; readonly said: string }

/** One answer for every cause that lies with AWS or with us; the entry says which. */
function refusal(judged: Exclude<Judged, Bound>): TylerError {
  if ("refused" in judged) return notAccepted()
  const { field, fault } = judged.fault
  return new TylerError("invalid_request", { field: `/${field}`, error: `${field} ${fault}` })
}

function notAccepted(): TylerError {
  return new TylerError("unauthenticated", { error: "The signature is not accepted" })
}

/**
 * A program's session of 15 minutes for a request to AWS that it has signed and we send. Each signature is accepted once,
 * on all replicas together. What AWS says of the caller goes into the entry's reason, which can be erased: a session's
 * name is often somebody's address.
 * @param serverId what the signature must name: the host of PUBLIC_URL
 */
export async function logInWithIam(
  on: Service,
  iam: IamLogin | null,
  origin: Origin,
  serverId: string,
  fields: IamFields,
): Promise<WorkloadSession> {
  if (iam === null) throw new TylerError("iam_login_off")
  const judged = await judge(on, iam, serverId, fields)
  const bound = "binding" in judged ? judged : undefined
  const resourceName = bound?.binding.accountId ?? "session"
  const reason = escapeText(saidOf(judged), SAID_LIMIT)
  const about = { action: "IAM_LOGIN", resourceType: "user", resourceName, reason }
  return perform(on, anonymousCaller(origin), {
    about,
    async plan() {
      if (!("binding" in judged)) throw refusal(judged)
      const { proof, binding } = judged
      const program = await programOf(on, binding)
      if (program === undefined || (await on.reader.usedOnce(proof.id))) throw notAccepted()
      const session = signedCredential(on, {
        kind: "workload",
        owner: program,
        assurance: "token",
        lifetimeMs: WORKLOAD_LIFETIME_MS,
        label: `iam ${binding.id}`,
        most: WORKLOADS_MAX,
      })
      const details = `binding=${binding.id} session=${session.row.id}`
      return {
        act: {
          entry: draftEntry(on, program, origin, about, { result: "SUCCESS", decision: "iam", details }),
          policyEpoch: null,
          principal: { id: program.id, epoch: program.epoch },
          secret: null,
          quota: null,
          grant: null,
          changes: [
            { kind: "requireIamBinding", id: binding.id },
            { kind: "useOnce", id: proof.id, expiresAt: proof.signedAt + IAM_REMEMBERED_MS },
            session.change,
          ],
        },
        done: () => ({ token: session.token, expiresAt: session.row.expiresAt }),
      }
    },
  })
}

const SAID_LIMIT = 900

function saidOf(judged: Judged): string {
  if ("fault" in judged) return `key=none refused=${judged.fault.field}`
  return "refused" in judged ? `${judged.said} refused=${judged.refused}` : judged.said
}

async function judge(on: Service, iam: IamLogin, serverId: string, fields: IamFields): Promise<Judged> {
  const proof = readIamProof(fields, { region: iam.region, serverId, now: on.expiryNow() })
  if ("fault" in proof) return { fault: proof }
  const key = `key=${proof.accessKeyId}`
  // Where nothing is bound nobody makes this server call out.
  if ((await on.reader.iamBindings()).length === 0) return { refused: "binding", said: key }
  // AWS takes a signature as often as it is shown; it need not be asked about one that we have taken.
  if (await on.reader.usedOnce(proof.id)) return { refused: "replayed", said: key }
  const caller = await iam.ask(proof)
  if ("refused" in caller) return { refused: `aws:${caller.refused}`, said: key }
  const said = `${key} arn=${caller.arn}`
  const arn = principalOf(caller)
  if (arn === undefined) return { refused: "kind", said }
  const binding = await on.reader.iamBinding(arn)
  if (binding === undefined || !iamBindingGenuine(on.keyring().rowsKey, binding)) return { refused: "binding", said }
  return { proof, binding, said }
}

/** A program that may sign in, for a binding that is still there. */
async function programOf(on: Service, binding: IamBindingRow): Promise<PrincipalRow | undefined> {
  const now = await on.reader.iamBinding(binding.arn)
  const row = now?.id === binding.id ? await on.reader.principalById(binding.accountId) : undefined
  if (row?.kind !== "program" || row.disabled || !principalGenuine(on.keyring().rowsKey, row)) return undefined
  return (await hasOwner(on, row)) ? row : undefined
}
