import { LoginAnswer } from "../../api/auth.ts"
import {
  ChallengeAnswer,
  ChallengeBody,
  FactorBody,
  FactorItem,
  FactorPatch,
  FactorsAnswer,
  PasskeyAnswer,
  PasskeyConfirmBody,
  RecoveryAnswer,
  RecoveryBody,
  TotpAnswer,
  TotpConfirmBody,
  VerifyAnswer,
  VerifyBody,
} from "../../api/factors.ts"
import { Message } from "../../api/fields.ts"
import type { Contract } from "../contract.ts"

const ENROL = [
  "row_tampered",
  "verification_required",
  "verification_failed",
  "enrolment_expired",
  "too_many_factors",
] as const
const PROOF =
  "While there is no factor the password proves who it is; once there is one, x-verification-token for the verb `govern`."

export const factorContracts = {
  "POST /api/auth/factor": {
    body: FactorBody,
    cookie: true,
    answers: { 200: LoginAnswer },
    refuses: ["row_tampered", "verification_required", "verification_failed"],
    note: "Exactly one of `code` and `passkey`. The half session ends and a new one begins.",
  },
  "POST /api/auth/challenge": {
    body: ChallengeBody,
    answers: { 200: ChallengeAnswer },
    refuses: ["not_found", "row_tampered"],
    note: "For a passkey. `approve` takes `requestId`: what is signed then is that request's digest.",
  },
  "POST /api/auth/verify": {
    body: VerifyBody,
    answers: { 200: VerifyAnswer },
    refuses: ["invalid_name", "not_found", "row_tampered", "verification_required", "verification_failed"],
    note: "The token is good once for each secret, for five minutes, in this session. `govern` is one act of administration.",
  },
  "GET /api/me/factors": { answers: { 200: FactorsAnswer } },
  "POST /api/me/factors/totp": { answers: { 200: TotpAnswer }, note: "Nothing is kept until a code comes back." },
  "POST /api/me/factors/totp/confirm": {
    body: TotpConfirmBody,
    answers: { 201: FactorItem },
    refuses: ENROL,
    note: PROOF,
  },
  "POST /api/me/factors/passkey": { answers: { 200: PasskeyAnswer } },
  "POST /api/me/factors/passkey/confirm": {
    body: PasskeyConfirmBody,
    answers: { 201: FactorItem },
    refuses: [...ENROL, "factor_exists"],
    note: PROOF,
  },
  "POST /api/me/factors/recovery": {
    body: RecoveryBody,
    bodyOptional: true,
    answers: { 200: RecoveryAnswer },
    refuses: ["row_tampered", "verification_required"],
    note: "Ten codes, each good once; earlier ones are worth nothing from then on.",
  },
  "PATCH /api/me/factors/:id": { body: FactorPatch, answers: { 200: FactorItem }, refuses: ["not_found"] },
  "DELETE /api/me/factors/:id": {
    answers: { 200: Message },
    refuses: ["not_found", "row_tampered", "verification_required"],
    note: "Takes x-verification-token for `govern`. Recovery codes go with the last factor.",
  },
} satisfies Record<string, Contract>
