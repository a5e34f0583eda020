import { type Static, Type } from "./schema.ts"
import { Id, Password, Roles, strict, Time, Token, Username } from "./fields.ts"

/** `POST /api/setup`: the first admin, with the token that the server's start printed. Answers 201 `SetupAnswer`. */
export const SetupBody = strict({ token: Token, username: Username, password: Password })
export const SetupAnswer = strict({ token: Token })

/** `POST /api/auth/login`. */
export const LoginBody = strict({ username: Username, password: Password })
const AssuranceText = Type.Enum(["half", "half_mfa", "password", "mfa", "token"])
export const LoginAnswer = strict({
  token: Token,
  expiresAt: Time,
  assurance: AssuranceText,
  /** Until the password is changed the session can do nothing else. */
  mustChangePassword: Type.Optional(Type.Boolean()),
  /** Until a second factor is shown (`POST /api/auth/factor`) the session can do nothing else. */
  factorDue: Type.Optional(Type.Boolean()),
})

/** `POST /api/auth/logout` and other routes that take no field. An absent body counts as `{}`. */
export const EmptyBody = strict({})

/** `GET /api/me`. */
export const MeAnswer = strict({
  id: Id,
  username: Username,
  kind: Type.Enum(["person", "program"]),
  roles: Roles,
  assurance: AssuranceText,
  mustChangePassword: Type.Boolean(),
  factorDue: Type.Boolean(),
})

/** `PATCH /api/me`. The address is judged in full by `core/email.ts`. Answers 200 `Message`. */
export const MeBody = strict({ email: Type.Union([Type.String({ maxLength: 254 }), Type.Null()]) })

/** `POST /api/me/password`: ends every other session of the person. Answers 200 `Message`. */
export const PasswordBody = strict({ currentPassword: Password, newPassword: Password })

/** `GET /api/sessions`: the caller's own. `DELETE /api/sessions/{id}` answers `Message`. */
export const SessionItem = strict({
  id: Id,
  /** An access key is a way in as sessions and tokens are. */
  kind: Type.Enum(["session", "token", "workload", "access_key"]),
  label: Type.String({ maxLength: 200 }),
  createdAt: Time,
  expiresAt: Time,
  current: Type.Boolean(),
})
export const SessionsAnswer = strict({ sessions: Type.Array(SessionItem, { maxItems: 1000 }) })

export type SetupBody = Static<typeof SetupBody>
export type SetupAnswer = Static<typeof SetupAnswer>
export type LoginBody = Static<typeof LoginBody>
export type LoginAnswer = Static<typeof LoginAnswer>
export type MeAnswer = Static<typeof MeAnswer>
export type MeBody = Static<typeof MeBody>
export type PasswordBody = Static<typeof PasswordBody>
export type SessionItem = Static<typeof SessionItem>
export type SessionsAnswer = Static<typeof SessionsAnswer>
