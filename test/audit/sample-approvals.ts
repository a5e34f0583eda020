import { hash } from "node:crypto"
import {
  type Approval,
  accessApproveDetails,
  accessRequestDetails,
  approvalChallenge,
  factorAddedDetails,
  type Facts,
  requestDigest,
  type Signature,
  spellFacts,
} from "../../src/audit/approval-details.ts"
import type { EntryRow } from "../../src/state/rows.ts"
import type { Misbehaviour, SoftwarePasskey } from "../kit/passkey.ts"
import { sampleRow } from "./sample-log.ts"
import { ORIGIN, RP_ID } from "./sample-passkeys.ts"

/** Entries about factors, requests and approvals, as the service writes them. */

export type Step = Partial<EntryRow>

export const FACTS: Facts = { verb: "read", secrets: "secret-1+secret-2", minutes: "60", uses: "1" }

export function logOf(steps: readonly Step[]): EntryRow[] {
  return steps.map((step, index) => sampleRow(index, { result: "SUCCESS", roles: [], policyIds: [], ...step }))
}

export function added(userId: string, factor: string, passkey: SoftwarePasskey): Step {
  const { algorithm, publicKeySpki: key, credentialId: credential } = passkey
  const what = { factor, kind: "passkey", credential, algorithm, key, rpId: RP_ID, origin: ORIGIN } as const
  return factorStep("FACTOR_ADDED", userId, userId, factorAddedDetails(what))
}

export function factorStep(action: string, userId: string, owner: string, details: string): Step {
  return { action, resourceType: "user", resourceName: owner, userId, details }
}

export function asked(id: string, userId: string, facts: Facts = FACTS): Step {
  const { details } = accessRequestDetails(id, userId, facts)
  return { action: "ACCESS_REQUEST", resourceType: "request", resourceName: id, userId, details }
}

export function digestOf(id: string, userId: string, facts: Facts = FACTS): Buffer {
  return requestDigest(id, userId, spellFacts(facts))
}

export function approved(id: string, userId: string, approval: Approval): Step {
  const details = accessApproveDetails(approval)
  return { action: "ACCESS_APPROVE", resourceType: "request", resourceName: id, userId, details }
}

export function nonceOf(name: string): Buffer {
  return hash("sha256", `nonce ${name}`, "buffer")
}

/** What an approver's browser sends, with the nonce that goes by this name. */
export function signedBy(passkey: SoftwarePasskey, digest: Buffer, name: string, odd?: Misbehaviour): Signature {
  const nonce = nonceOf(name)
  const challenge = approvalChallenge(nonce, digest).toString("base64url")
  const { response } = passkey.sign({ challenge, rpId: RP_ID }, odd)
  const bytes = (text: string): Buffer => Buffer.from(text, "base64url")
  return {
    nonce,
    credential: passkey.credentialId,
    clientDataJSON: bytes(response.clientDataJSON),
    authenticatorData: bytes(response.authenticatorData),
    signature: bytes(response.signature),
  }
}
