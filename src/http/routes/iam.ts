import { IamBindingBody, IamBindingDeleteBody, IamLoginBody } from "../../api/iam.ts"
import { parseBody } from "../../api/parse.ts"
import { TylerError } from "../../core/errors.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { addIamBinding, listIamBindings, removeIamBinding } from "../../operations/iam-bindings.ts"
import { logInWithIam } from "../../operations/iam-login.ts"
import type { IamBindingRow } from "../../state/rows.ts"
import { acceptReason } from "../accept.ts"
import type { Handler } from "./handlers.ts"

export const iamRoutes = {
  "POST /api/auth/iam": async ({ wiring, origin, body }) => {
    const { securityToken = null, ...rest } = parseBody(IamLoginBody, body)
    wiring.failures.check(origin.ip)
    try {
      const serverId = new URL(wiring.publicUrl).host
      const session = await logInWithIam(wiring.service, wiring.iam, origin, serverId, { ...rest, securityToken })
      const expiresAt = new Date(session.expiresAt).toISOString()
      return { status: 200, body: { token: session.token, expiresAt, assurance: "token" } }
    } catch (error) {
      if (error instanceof TylerError && COUNTED.has(error.code)) wiring.failures.failed(origin.ip)
      throw error
    }
  },

  "GET /api/iam-bindings": async ({ wiring, caller }) => {
    const rows = await listIamBindings(wiring.service, caller)
    return { status: 200, body: { iamBindings: rows.map(bindingAnswer) } }
  },

  "POST /api/iam-bindings": async ({ wiring, caller, body }) => {
    const { arn, accountId, reason } = parseBody(IamBindingBody, body)
    const ask = { arn, accountId, reason: acceptReason(reason, REASON_MIN) }
    return { status: 201, body: bindingAnswer(await addIamBinding(wiring.service, caller, ask)) }
  },

  "DELETE /api/iam-bindings/:id": async ({ wiring, caller, body, params }) => {
    const reason = acceptReason(parseBody(IamBindingDeleteBody, body).reason, REASON_MIN)
    await removeIamBinding(wiring.service, caller, params["id"] ?? "", reason)
    return { status: 200, body: { message: "Binding removed" } }
  },
} satisfies Record<string, Handler>

const COUNTED: ReadonlySet<string> = new Set(["unauthenticated", "invalid_request"])

function bindingAnswer({ id, arn, accountId, createdAt }: IamBindingRow): object {
  return { id, arn, accountId, createdAt: new Date(createdAt).toISOString() }
}
