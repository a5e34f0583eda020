import { PendingAnswer } from "../../api/access-requests.ts"
import { SessionsAnswer } from "../../api/auth.ts"
import { Message } from "../../api/fields.ts"
import {
  CreatedUser,
  IssuedToken,
  PageQuery,
  PersonReason,
  ServiceAccountBody,
  ServiceAccountItem,
  ServiceAccountPatch,
  ServiceAccountsAnswer,
  TokenBody,
  UserBody,
  UserItem,
  UserPatch,
  UsersAnswer,
} from "../../api/users.ts"
import type { Contract } from "../contract.ts"

const SECOND_PERSON =
  "A reset, a role that lets somebody pass an approval and break-glass take x-verification-token for `govern`, and wait (202) for another admin."
const SCOPE = "A token with a `scope` is good for those secrets and verbs and for nothing else."
const TOKEN_ONCE = "The token is shown this once; only its hash is kept."

export const userContracts = {
  "POST /api/users": {
    body: UserBody,
    answers: { 201: CreatedUser },
    refuses: ["verification_required", "weak_password", "unknown_role", "user_exists"],
  },
  "GET /api/users": { query: PageQuery, answers: { 200: UsersAnswer } },
  "PATCH /api/users/:id": {
    body: UserPatch,
    answers: { 200: UserItem, 202: PendingAnswer },
    refuses: [
      "verification_required",
      "row_tampered",
      "not_found",
      "last_admin",
      "weak_password",
      "unknown_role",
      "invalid_reason",
    ],
    note: `At least one change. All sessions and tokens of the person or service account end. ${SECOND_PERSON}`,
  },
  "GET /api/users/:id/data": {
    answers: { 200: { media: "application/x-ndjson" } },
    refuses: ["not_found"],
    note: "One object a line, the entries newest first, the count last. docs/privacy.md says what is in it.",
  },
  "POST /api/users/:id/erase": {
    body: PersonReason,
    answers: { 202: PendingAnswer },
    refuses: ["verification_required", "not_found", "person_enabled", "person_held", "invalid_reason"],
    note: "Of somebody disabled and not held. Takes x-verification-token for `govern`. The reason must not name the person.",
  },
  "POST /api/users/:id/hold": {
    body: PersonReason,
    answers: { 200: Message },
    refuses: ["not_found", "person_held", "invalid_reason"],
    note: "A legal hold. The reason must not name the person.",
  },
  "DELETE /api/users/:id/hold": {
    body: PersonReason,
    answers: { 200: Message },
    refuses: ["not_found", "invalid_reason"],
  },
  "GET /api/users/:id/sessions": {
    answers: { 200: SessionsAnswer },
    refuses: ["not_found"],
    note: "Oldest first. `current` is true for the session that asks.",
  },
  "DELETE /api/users/:id/sessions/:sessionId": {
    answers: { 200: Message },
    refuses: ["row_tampered", "not_found"],
    note: "It ends at once, on every replica; the person's other sessions go on.",
  },
  "POST /api/service-accounts": {
    body: ServiceAccountBody,
    answers: { 201: IssuedToken },
    refuses: ["user_exists", "unknown_role", "too_many_owned", "invalid_reason"],
    note: `${TOKEN_ONCE} ${SCOPE} The owner is an enabled person: \`ownerId\`, or who asks. Disabling the owner ends all tokens.`,
  },
  "PATCH /api/service-accounts/:id": {
    body: ServiceAccountPatch,
    answers: { 200: ServiceAccountItem },
    refuses: ["row_tampered", "not_found", "too_many_owned", "invalid_reason"],
    note: "At least one change. Tokens stay as they are.",
  },
  "GET /api/service-accounts": { query: PageQuery, answers: { 200: ServiceAccountsAnswer } },
  "POST /api/service-accounts/:id/tokens": {
    body: TokenBody,
    answers: { 201: IssuedToken },
    refuses: ["row_tampered", "not_found", "too_many_tokens", "owner_disabled", "invalid_reason"],
    note: `${TOKEN_ONCE} ${SCOPE} At most two are valid at once.`,
  },
  "DELETE /api/service-accounts/:id/tokens/:tokenId": {
    answers: { 200: Message },
    refuses: ["row_tampered", "not_found"],
  },
} satisfies Record<string, Contract>
