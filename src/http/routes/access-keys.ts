import { AccessKeyBody, type AccessKeyItem, AccessKeysQuery, type IssuedAccessKey } from "../../api/access-keys.ts"
import { parseBody, parseQuery } from "../../api/parse.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { ACCESS_KEY_DAYS } from "../../identity/access-key.ts"
import { issueAccessKey, listAccessKeys, revokeAccessKey } from "../../operations/access-keys.ts"
import type { CredentialRow } from "../../state/rows.ts"
import { acceptReason, acceptScope } from "../accept.ts"
import { deskOf } from "../desk.ts"
import type { Handler } from "./handlers.ts"

export const accessKeyRoutes = {
  "POST /api/access-keys": async ({ wiring, caller, body }) => {
    const given = parseBody(AccessKeyBody, body)
    const reason = acceptReason(given.reason, REASON_MIN)
    const issued = await issueAccessKey(wiring.service, deskOf(wiring), caller, {
      label: given.label ?? Array.from(reason).slice(0, LABEL_LIMIT).join(""),
      reason,
      expiresInDays: given.expiresInDays ?? ACCESS_KEY_DAYS.usual,
      scope: acceptScope(given.scope),
      serviceAccountId: given.serviceAccountId ?? null,
      password: given.password,
    })
    const { accessKeyId, secretAccessKey, row } = issued
    const answer: IssuedAccessKey = {
      accessKeyId,
      secretAccessKey,
      region: wiring.place.region,
      endpointUrl: wiring.publicUrl,
      expiresAt: new Date(row.expiresAt).toISOString(),
    }
    return { status: 201, body: answer }
  },

  "GET /api/access-keys": async ({ wiring, caller, request }) => {
    const { principalId = null } = parseQuery(AccessKeysQuery, request.query)
    const keys = await listAccessKeys(wiring.service, caller, principalId)
    return { status: 200, body: { accessKeys: keys.map(keyAnswer) } }
  },

  "DELETE /api/access-keys/:id": async ({ wiring, caller, params }) => {
    const id = params["id"] ?? ""
    await revokeAccessKey(wiring.service, caller, id)
    wiring.authenticator.forget(id)
    return { status: 200, body: { message: "Access key revoked" } }
  },
} satisfies Record<string, Handler>

/** Code points. */
const LABEL_LIMIT = 64

function keyAnswer({ id, label, standingReason, scope, createdAt, expiresAt }: CredentialRow): AccessKeyItem {
  return {
    accessKeyId: id,
    label,
    reason: standingReason ?? "",
    scope: scope === null ? null : { secrets: [...scope.secrets], verbs: [...scope.verbs] },
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
  }
}
