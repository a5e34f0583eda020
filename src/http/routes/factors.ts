import {
  ChallengeBody,
  FactorPatch,
  parseShown,
  parseVerify,
  PasskeyConfirmBody,
  RecoveryBody,
  TotpConfirmBody,
} from "../../api/factors.ts"
import { parseBody } from "../../api/parse.ts"
import { invalidField } from "../../api/parse.ts"
import { TylerError } from "../../core/errors.ts"
import { isHalf } from "../../core/principal.ts"
import { recoveryCodesLeft } from "../../identity/recovery-codes.ts"
import { finishLogin } from "../../operations/finish-login.ts"
import {
  beginPasskey,
  beginTotp,
  confirmPasskey,
  confirmTotp,
  ownFactors,
  removeFactor,
  renameFactor,
  renewRecoveryCodes,
} from "../../operations/own-factors.ts"
import { signableRequest } from "../../operations/requests.ts"
import { challengeFor } from "../../operations/second-factor.ts"
import { stepUp } from "../../operations/step-up.ts"
import type { FactorRow } from "../../state/rows.ts"
import { acceptName } from "../lift.ts"
import { deskOf } from "../desk.ts"
import { sessionAnswer } from "../session-answer.ts"
import type { Handler } from "./handlers.ts"

export const factorRoutes = {
  "POST /api/auth/factor": async ({ wiring, request, caller, body }) => {
    const shown = parseShown(body)
    const session = await finishLogin(wiring.service, deskOf(wiring), caller, shown)
    if (caller.principal.sessionId) wiring.authenticator.forget(caller.principal.sessionId)
    return sessionAnswer(wiring, request, session)
  },

  "POST /api/auth/challenge": async ({ wiring, caller, body }) => {
    const { purpose, requestId } = parseBody(ChallengeBody, body)
    if ((purpose === "approve") !== (requestId !== undefined))
      throw invalidField("/requestId", "requestId must be given for the purpose approve, and for no other")
    const principal = await caller.refresh()
    if (isHalf(principal.assurance) && purpose !== "sign_in")
      throw new TylerError("forbidden", { error: "Finish signing in first", requires: "sign_in" })
    const row = await wiring.service.reader.principalById(principal.id)
    if (row === undefined || row.kind !== "person") throw new TylerError("forbidden")
    const digest = requestId === undefined ? null : await signableRequest(wiring.service, caller, requestId)
    const holder = { row, sessionId: principal.sessionId ?? "" }
    const { expiresAt, ...challenge } = await challengeFor(wiring.service, deskOf(wiring), holder, purpose, digest)
    return { status: 200, body: { ...challenge, expiresAt: new Date(expiresAt).toISOString() } }
  },

  "POST /api/auth/verify": async ({ wiring, caller, body }) => {
    const { verb, secrets, shown } = parseVerify(body)
    const names = secrets.map((name) => acceptName(name, wiring.service.settings.nameLimit))
    const { token, expiresAt } = await stepUp(wiring.service, deskOf(wiring), caller, { verb, names, shown })
    return { status: 200, body: { token, expiresAt: new Date(expiresAt).toISOString() } }
  },

  "GET /api/me/factors": async ({ wiring, caller }) => {
    const factors = await ownFactors(wiring.service, caller)
    return { status: 200, body: { factors: factors.map(factorAnswer) } }
  },

  "POST /api/me/factors/totp": async ({ wiring, caller }) => {
    const { expiresAt, ...begun } = await beginTotp(wiring.service, caller)
    return { status: 200, body: { ...begun, expiresAt: new Date(expiresAt).toISOString() } }
  },

  "POST /api/me/factors/totp/confirm": async ({ wiring, caller, body }) => {
    const { enrolment, code, label, password } = parseBody(TotpConfirmBody, body)
    const row = await confirmTotp(wiring.service, deskOf(wiring), caller, { enrolment, code, label, password })
    return { status: 201, body: factorAnswer(row) }
  },

  "POST /api/me/factors/passkey": async ({ wiring, caller }) => {
    const { expiresAt, ...begun } = await beginPasskey(wiring.service, deskOf(wiring), caller)
    return { status: 200, body: { ...begun, expiresAt: new Date(expiresAt).toISOString() } }
  },

  "POST /api/me/factors/passkey/confirm": async ({ wiring, caller, body }) => {
    const { enrolment, response, label, password } = parseBody(PasskeyConfirmBody, body)
    const ask = { enrolment, response, label, password }
    return { status: 201, body: factorAnswer(await confirmPasskey(wiring.service, deskOf(wiring), caller, ask)) }
  },

  "POST /api/me/factors/recovery": async ({ wiring, caller, body }) => {
    const { password } = parseBody(RecoveryBody, body ?? {})
    return {
      status: 200,
      body: { codes: await renewRecoveryCodes(wiring.service, deskOf(wiring), caller, { password }) },
    }
  },

  "PATCH /api/me/factors/:id": async ({ wiring, caller, body, params }) => {
    const { label } = parseBody(FactorPatch, body)
    return { status: 200, body: factorAnswer(await renameFactor(wiring.service, caller, params["id"] ?? "", label)) }
  },

  "DELETE /api/me/factors/:id": async ({ wiring, caller, params }) => {
    await removeFactor(wiring.service, deskOf(wiring), caller, params["id"] ?? "")
    return { status: 200, body: { message: "Second factor removed" } }
  },
} satisfies Record<string, Handler>

function factorAnswer({ id, kind, label, createdAt, lastUse }: FactorRow): object {
  const left = kind === "recovery" ? { left: recoveryCodesLeft(lastUse) } : {}
  return { id, kind, label, createdAt: new Date(createdAt).toISOString(), ...left }
}
