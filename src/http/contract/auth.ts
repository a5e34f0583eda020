import {
  LoginAnswer,
  LoginBody,
  MeAnswer,
  MeBody,
  PasswordBody,
  SessionsAnswer,
  SetupAnswer,
  SetupBody,
} from "../../api/auth.ts"
import { Message } from "../../api/fields.ts"
import type { Contract } from "../contract.ts"

export const authContracts = {
  "POST /api/setup": {
    body: SetupBody,
    answers: { 201: SetupAnswer },
    refuses: ["unauthenticated", "rate_limited", "setup_done", "weak_password"],
    note: "The token is the one that the server prints at its start until an admin exists.",
  },
  "POST /api/auth/login": {
    body: LoginBody,
    cookie: true,
    answers: { 200: LoginAnswer },
    refuses: ["unauthenticated", "rate_limited", "local_login_closed"],
    note: "401 is the same for every cause. A browser on the server's own pages gets the session as a cookie too.",
  },
  "POST /api/auth/logout": { cookie: true, answers: { 200: Message }, refuses: ["row_tampered"] },
  "GET /api/me": { answers: { 200: MeAnswer } },
  "PATCH /api/me": {
    body: MeBody,
    answers: { 200: Message },
    refuses: ["row_tampered"],
    note: "Where notices go: one plain address, or null. The address that was there before is told.",
  },
  "POST /api/me/password": {
    body: PasswordBody,
    answers: { 200: Message },
    refuses: ["row_tampered", "weak_password"],
    note: "Every session ends, the one in use too. A wrong current password is 403.",
  },
  "GET /api/sessions": { answers: { 200: SessionsAnswer } },
  "DELETE /api/sessions/:id": { answers: { 200: Message }, refuses: ["row_tampered", "not_found"] },
} satisfies Record<string, Contract>
