import type { JWK } from "jose"
import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { WORKLOAD_LIFETIME_MS, WORKLOADS_MAX } from "../identity/credential.ts"
import { principalGenuine, workloadIssuerGenuine } from "../identity/row-mac.ts"
import { parseSubjectPattern, subjectMatches } from "../identity/subject-pattern.ts"
import {
  publicKeys,
  readWorkloadToken,
  verifyWorkloadToken,
  type WorkloadFault,
  type WorkloadToken,
} from "../identity/workload-token.ts"
import type { PrincipalRow, WorkloadBinding, WorkloadIssuerRow } from "../state/rows.ts"
import { signedCredential } from "./accounts.ts"
import { draftEntry, escapeText } from "./entry.ts"
import { anonymousCaller } from "./login.ts"
import { hasOwner } from "./owner.ts"
import { perform } from "./perform.ts"
import type { Service } from "./service.ts"

/** Fetches the keys of an issuer. @throws TylerError `unavailable` */
export type IssuerKeys = (issuer: WorkloadIssuerRow, keyId: string | null) => Promise<readonly JWK[]>

export interface WorkloadSession {
  readonly token: string
  readonly expiresAt: number
}

interface Verified {
  readonly issuer: WorkloadIssuerRow
  readonly subject: string
  readonly goodUntil: number
  readonly binding: WorkloadBinding
  readonly token: WorkloadToken
}

type Judged = Verified | { readonly fault: WorkloadFault; readonly said: string }

/** One answer for every cause; the entry says which. */
function wrong(): TylerError {
  return new TylerError("unauthenticated", { error: "The token is not accepted" })
}

/**
 * A program's session of 15 minutes for a token of an issuer that an admin has named. Each token is accepted once, on
 * all replicas together. What the token says of itself goes into the entry's reason, which can be erased.
 */
export async function logInWorkload(
  on: Service,
  keysOf: IssuerKeys,
  origin: Origin,
  text: string,
): Promise<WorkloadSession> {
  const judged = await judge(on, keysOf, text)
  const said = "fault" in judged ? `${judged.said} refused=${judged.fault}` : saidBy(judged.token)
  const resourceName = "fault" in judged ? "session" : judged.binding.accountId
  const about = { action: "WORKLOAD_LOGIN", resourceType: "user", resourceName, reason: escapeText(said, SAID_LIMIT) }
  return perform(on, anonymousCaller(origin), {
    about,
    async plan() {
      if ("fault" in judged) throw wrong()
      const { issuer, token, goodUntil } = judged
      const program = await programOf(on, judged)
      if (program === undefined || (await on.reader.usedOnce(token.id))) throw wrong()
      const session = signedCredential(on, {
        kind: "workload",
        owner: program,
        assurance: "token",
        lifetimeMs: WORKLOAD_LIFETIME_MS,
        label: `issuer ${issuer.id}`,
        most: WORKLOADS_MAX,
      })
      const details = `issuer=${issuer.id} session=${session.row.id}`
      return {
        act: {
          entry: draftEntry(on, program, origin, about, { result: "SUCCESS", decision: "workload", details }),
          policyEpoch: null,
          principal: { id: program.id, epoch: program.epoch },
          secret: null,
          quota: null,
          grant: null,
          changes: [
            { kind: "requireWorkloadIssuer", id: issuer.id, revision: issuer.revision },
            { kind: "useOnce", id: token.id, expiresAt: goodUntil },
            session.change,
          ],
        },
        done: () => ({ token: session.token, expiresAt: session.row.expiresAt }),
      }
    },
  })
}

const SAID_LIMIT = 900

function saidBy({ issuer, claims }: WorkloadToken): string {
  const { sub } = claims
  return `issuer=${issuer.slice(0, 300)} subject=${typeof sub === "string" ? sub.slice(0, 300) : "none"}`
}

async function judge(on: Service, keysOf: IssuerKeys, text: string): Promise<Judged> {
  const token = readWorkloadToken(text)
  if ("fault" in token) return { ...token, said: "issuer=none subject=none" }
  const fault = (fault: WorkloadFault): Judged => ({ fault, said: saidBy(token) })
  const issuer = await on.reader.workloadIssuer(token.issuer)
  if (issuer === undefined || !workloadIssuerGenuine(on.keyring().rowsKey, issuer)) return fault("issuer")
  const keys = issuer.jwks === null ? await keysOf(issuer, token.keyId) : (publicKeys(JSON.parse(issuer.jwks)) ?? [])
  const now = on.expiryNow()
  const verified = await verifyWorkloadToken(token, { issuer: issuer.issuer, audience: issuer.audience, keys, now })
  if ("fault" in verified) return fault(verified.fault)
  const binding = issuer.bindings.find((one) => bindingMatches(one, verified.subject, token))
  return binding === undefined ? fault("subject") : { ...verified, issuer, binding, token }
}

function bindingMatches({ subject, claims }: WorkloadBinding, given: string, token: WorkloadToken): boolean {
  const pattern = parseSubjectPattern(subject)
  if (pattern === undefined || !subjectMatches(pattern, given)) return false
  return Object.entries(claims).every(
    ([name, value]) => Object.hasOwn(token.claims, name) && token.claims[name] === value,
  )
}

/** The issuer as it stood when the token was judged, and a program that may sign in. */
async function programOf(on: Service, { issuer, binding }: Verified): Promise<PrincipalRow | undefined> {
  const now = await on.reader.workloadIssuerById(issuer.id)
  const row = now?.revision === issuer.revision ? await on.reader.principalById(binding.accountId) : undefined
  if (row?.kind !== "program" || row.disabled || !principalGenuine(on.keyring().rowsKey, row)) return undefined
  return (await hasOwner(on, row)) ? row : undefined
}
