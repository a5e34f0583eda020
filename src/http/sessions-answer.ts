import type { SessionsAnswer } from "../api/auth.ts"
import type { Caller } from "../operations/service.ts"
import type { CredentialRow } from "../state/rows.ts"

export function sessionsAnswer(sessions: readonly CredentialRow[], caller: Caller): SessionsAnswer {
  return {
    sessions: sessions.map(({ id, kind, label, createdAt, expiresAt }) => ({
      id,
      kind,
      label,
      createdAt: new Date(createdAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
      current: id === caller.principal.sessionId,
    })),
  }
}
