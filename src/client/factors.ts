import type {
  ChallengeAnswer,
  FactorItem,
  FactorsAnswer,
  PasskeyAnswer,
  RecoveryAnswer,
  TotpAnswer,
  VerifyAnswer,
  VerifyBody,
} from "../api/factors.ts"
import type { Caller } from "./caller.ts"

/** What shows a second factor: a code of an app or of the list of recovery codes, or a passkey's answer to a challenge. */
export type Shown =
  | { readonly code: string }
  | {
      readonly passkey: { readonly challenge: string; readonly response: Readonly<Record<string, unknown>> }
    }

/** Stands in the header x-verification-token: a step-up token for the verb `govern`. */
export interface Verified {
  readonly verificationToken?: string
}

/**
 * What proves that it is really the owner: the password while there is no second factor, and a step-up token for the
 * verb `govern` once there is one.
 */
export interface OwnerProof extends Verified {
  readonly password?: string
}

interface NewFactor extends OwnerProof {
  /** As the beginning answered it. */
  readonly enrolment: string
  /** The owner's name for it, at most 64 characters. */
  readonly label: string
}

/** Which of the caller's secrets and what for; `govern`, for one act of administration, names no secret. */
export type StepUp = Pick<VerifyBody, "verb" | "secrets"> & Shown

/** The caller's own second factors. Every change of them ends the caller's other sessions. */
export interface Factors {
  /** Oldest first. */
  list(): Promise<readonly FactorItem[]>
  /** Seed and `otpauth:` address for an app. Nothing is kept until `confirmTotp`. */
  beginTotp(): Promise<TotpAnswer>
  /** With a code of the app. 403 `verification_failed` for a wrong one. */
  confirmTotp(app: NewFactor & { readonly code: string }): Promise<FactorItem>
  /** Options for `navigator.credentials.create`. */
  beginPasskey(): Promise<PasskeyAnswer>
  /** With what `PublicKeyCredential.toJSON()` says. */
  confirmPasskey(passkey: NewFactor & { readonly response: Readonly<Record<string, unknown>> }): Promise<FactorItem>
  /** Ten new recovery codes, shown this once; earlier ones are worth nothing from then on. */
  renewRecoveryCodes(proof?: OwnerProof): Promise<readonly string[]>
  rename(id: string, label: string): Promise<FactorItem>
  /** Recovery codes go with the last factor. */
  remove(id: string, options?: Verified): Promise<void>
  /** A challenge for the caller's passkeys. `approve` takes the request whose digest is signed. 404 without a passkey. */
  challenge(purpose: "sign_in" | "verify" | "approve", requestId?: string): Promise<ChallengeAnswer>
  /**
   * Steps up: a token for `verificationToken`, good once for each of these 1 to 50 secrets, in this session, for five
   * minutes. @throws TylerApiError `verification_failed`, `rate_limited`
   */
  verify(ask: StepUp): Promise<VerifyAnswer>
}

export function factorsOf(caller: Caller): Factors {
  const path = "/api/me/factors"
  const one = (id: string) => `${path}/${encodeURIComponent(id)}`
  const confirm = async (to: string, { verificationToken, ...body }: NewFactor): Promise<FactorItem> =>
    caller.send("POST", `${path}/${to}/confirm`, body, verified(verificationToken))
  return {
    list: async () => (await caller.read<FactorsAnswer>(path)).factors,
    beginTotp: () => caller.send("POST", `${path}/totp`, {}),
    confirmTotp: (app) => confirm("totp", app),
    beginPasskey: () => caller.send("POST", `${path}/passkey`, {}),
    confirmPasskey: (passkey) => confirm("passkey", passkey),
    renewRecoveryCodes: async ({ password, verificationToken } = {}) => {
      const options = verified(verificationToken)
      return (await caller.send<RecoveryAnswer>("POST", `${path}/recovery`, { password }, options)).codes
    },
    rename: (id, label) => caller.send("PATCH", one(id), { label }),
    remove: async (id, options = {}) => {
      await caller.send("DELETE", one(id), {}, options)
    },
    challenge: (purpose, requestId) => caller.send("POST", "/api/auth/challenge", { purpose, requestId }),
    verify: (ask) => caller.send("POST", "/api/auth/verify", ask),
  }
}

function verified(verificationToken: string | undefined): Verified {
  return verificationToken === undefined ? {} : { verificationToken }
}
