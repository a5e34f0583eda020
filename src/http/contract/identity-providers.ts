import { PendingAnswer } from "../../api/access-requests.ts"
import { LoginAnswer } from "../../api/auth.ts"
import { Message } from "../../api/fields.ts"
import {
  IdentitiesAnswer,
  LinkAnswer,
  LinkBody,
  ProviderAnswer,
  ProviderBody,
  ProviderDelete,
  ProviderPut,
  ProvidersAnswer,
  SignInAnswer,
  SignOnBody,
  StartQuery,
  UnlinkBody,
} from "../../api/identity-providers.ts"
import type { Contract } from "../contract.ts"
import { TOLD } from "../told.ts"

const SECRET =
  "The client secret is sealed and never answered. A rule for a role that lets somebody pass an approval takes x-verification-token for `govern`, and waits (202) for another admin."
const TO_LOGIN = "To a person's browser: a refusal leads to /login too, which says what it was."

export const providerContracts = {
  "GET /api/identity-providers": { answers: { 200: ProvidersAnswer }, note: SECRET },
  "POST /api/identity-providers": {
    body: ProviderBody,
    answers: { 201: ProviderAnswer, 202: PendingAnswer },
    refuses: ["provider_exists", "unknown_role", "verification_required", "invalid_reason"],
    note: SECRET,
  },
  "PUT /api/identity-providers/:id": {
    body: ProviderPut,
    answers: { 200: ProviderAnswer, 202: PendingAnswer },
    refuses: [
      "not_found",
      "provider_exists",
      "unknown_role",
      "row_tampered",
      "verification_required",
      "invalid_reason",
    ],
    note: "The whole row: what is not named takes its default. Another issuer or client id needs its client secret anew.",
  },
  "DELETE /api/identity-providers/:id": {
    body: ProviderDelete,
    answers: { 200: Message },
    refuses: ["not_found", "invalid_reason"],
    note: "People who came through it stay, and cannot come in by it any more.",
  },

  "GET /api/auth/providers": { answers: { 200: SignInAnswer }, refuses: ["unavailable"] },
  "GET /auth/oidc/:id/start": { query: StartQuery, redirects: [...TOLD], cookie: true, answers: {}, note: TO_LOGIN },
  "GET /auth/oidc/:id/callback": { redirects: [...TOLD], cookie: true, answers: {}, note: TO_LOGIN },
  "POST /api/auth/sign-on": {
    body: SignOnBody,
    answers: { 200: LoginAnswer },
    refuses: ["unauthenticated", "rate_limited", "row_tampered", "sign_on_expired"],
    note: "For a program: the code that `start` with `port` and `challenge` has brought to that port, good once for two minutes.",
  },
  "GET /api/me/identities": { answers: { 200: IdentitiesAnswer } },
  "POST /api/me/identities": {
    body: LinkBody,
    cookie: true,
    answers: { 200: LinkAnswer },
    refuses: ["not_found", "verification_required", "row_tampered", "too_many_identities", "provider_unavailable"],
    note: "The browser that got the cookie goes to `location`. From the next sign-on on, the provider's mapping decides the roles.",
  },
  "DELETE /api/me/identities/:id": {
    body: UnlinkBody,
    bodyOptional: true,
    answers: { 200: Message },
    refuses: ["not_found", "verification_required", "row_tampered", "last_way_in"],
    note: "All other sessions end.",
  },
} satisfies Record<string, Contract>
