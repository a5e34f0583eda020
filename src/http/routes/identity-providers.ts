import { parseProviderBody, parseProviderPut, ProviderDelete, type ProviderPut } from "../../api/identity-providers.ts"
import { parseBody } from "../../api/parse.ts"
import { REASON_MIN } from "../../core/reason.ts"
import {
  createProvider,
  listProviders,
  type ProviderWrite,
  removeProvider,
  replaceProvider,
} from "../../operations/identity-providers.ts"
import type { Made } from "../../operations/policy-change.ts"
import type { IdentityProviderRow } from "../../state/rows.ts"
import { acceptReason } from "../accept.ts"
import { pendingAnswer } from "../request-answer.ts"
import type { Wiring } from "../wiring.ts"
import type { Answer, Handler } from "./handlers.ts"

export const providerRoutes = {
  "GET /api/identity-providers": async ({ wiring, caller }) => {
    const rows = await listProviders(wiring.service, caller)
    return { status: 200, body: { identityProviders: rows.map((row) => providerAnswer(wiring, row)) } }
  },

  "POST /api/identity-providers": async ({ wiring, caller, body }) => {
    const { id, ...given } = parseProviderBody(body, wiring.development)
    return madeAnswer(201, wiring, await createProvider(wiring.service, caller, providerWrite(id, given)))
  },

  "PUT /api/identity-providers/:id": async ({ wiring, caller, body, params }) => {
    const given = parseProviderPut(body, wiring.development)
    const write = providerWrite(params["id"] ?? "", given)
    return madeAnswer(200, wiring, await replaceProvider(wiring.service, caller, write))
  },

  "DELETE /api/identity-providers/:id": async ({ wiring, caller, body, params }) => {
    const reason = acceptReason(parseBody(ProviderDelete, body).reason, REASON_MIN)
    await removeProvider(wiring.service, caller, params["id"] ?? "", reason)
    return { status: 200, body: { message: "Identity provider removed" } }
  },
} satisfies Record<string, Handler>

function madeAnswer(status: number, wiring: Wiring, made: Made<IdentityProviderRow>): Answer {
  if ("pending" in made) return { status: 202, body: pendingAnswer(made.pending) }
  return { status, body: providerAnswer(wiring, made.made) }
}

const SCOPES = ["openid", "profile"]

function providerWrite(id: string, given: ProviderPut): ProviderWrite {
  const { reason, clientSecret, scopes = SCOPES, enabled = true, mfaAcr = [], mfaAmr = [], ...rest } = given
  const fields = { ...rest, scopes, enabled, mfaAcr, mfaAmr }
  return { id, fields, clientSecret, reason: acceptReason(reason, REASON_MIN) }
}

/** Where the provider sends people back to. */
export function redirectUriOf({ publicUrl }: Pick<Wiring, "publicUrl">, id: string): string {
  return `${publicUrl}/auth/oidc/${id}/callback`
}

function providerAnswer(wiring: Wiring, row: IdentityProviderRow): object {
  return {
    id: row.id,
    issuer: row.issuer,
    clientId: row.clientId,
    hasClientSecret: row.clientSecret !== null,
    redirectUri: redirectUriOf(wiring, row.id),
    scopes: row.scopes,
    label: row.label,
    enabled: row.enabled,
    roleRules: row.roleRules,
    mfaAcr: row.mfaAcr,
    mfaAmr: row.mfaAmr,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  }
}
