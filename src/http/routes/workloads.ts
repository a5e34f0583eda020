import { invalidField, parseBody } from "../../api/parse.ts"
import { WorkloadIssuerBody, WorkloadIssuerDeleteBody, WorkloadLoginBody } from "../../api/workloads.ts"
import { TylerError } from "../../core/errors.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { publicKeys } from "../../identity/workload-token.ts"
import { type IssuerFields, listIssuers, removeIssuer, writeIssuer } from "../../operations/workload-issuers.ts"
import { logInWorkload } from "../../operations/workload-login.ts"
import type { WorkloadIssuerRow } from "../../state/rows.ts"
import { acceptReason } from "../accept.ts"
import type { Call, Handler } from "./handlers.ts"

export const workloadRoutes = {
  "POST /api/auth/workload": async ({ wiring, origin, body }) => {
    const { token } = parseBody(WorkloadLoginBody, body)
    wiring.failures.check(origin.ip)
    try {
      const session = await logInWorkload(wiring.service, wiring.issuerKeys, origin, token)
      const expiresAt = new Date(session.expiresAt).toISOString()
      return { status: 200, body: { token: session.token, expiresAt, assurance: "token" } }
    } catch (error) {
      if (error instanceof TylerError && error.code === "unauthenticated") wiring.failures.failed(origin.ip)
      throw error
    }
  },

  "GET /api/workload-issuers": async ({ wiring, caller }) => {
    const rows = await listIssuers(wiring.service, caller)
    return { status: 200, body: { workloadIssuers: rows.map(issuerAnswer) } }
  },

  "POST /api/workload-issuers": async (call) => ({ status: 201, body: await write(call, null) }),

  "PUT /api/workload-issuers/:id": async (call) => ({ status: 200, body: await write(call, call.params["id"] ?? "") }),

  "DELETE /api/workload-issuers/:id": async ({ wiring, caller, body, params }) => {
    const reason = acceptReason(parseBody(WorkloadIssuerDeleteBody, body).reason, REASON_MIN)
    await removeIssuer(wiring.service, caller, params["id"] ?? "", reason)
    return { status: 200, body: { message: "Issuer removed" } }
  },
} satisfies Record<string, Handler>

async function write({ wiring, caller, body }: Call, id: string | null): Promise<object> {
  const given = parseBody(WorkloadIssuerBody, body)
  const reason = acceptReason(given.reason, REASON_MIN)
  const fields = fieldsOf(given, wiring.development)
  return issuerAnswer(await writeIssuer(wiring.service, caller, { id, fields, reason }))
}

function fieldsOf(given: WorkloadIssuerBody, development: boolean): IssuerFields {
  const { issuer, audience, jwksUri = null, jwks, allowPrivate = false, bindings } = given
  acceptUrl("/issuer", issuer, development)
  if (jwksUri !== null) acceptUrl("/jwksUri", jwksUri, development)
  if (jwksUri !== null && jwks !== undefined) throw invalidField("/jwks", "jwksUri and jwks cannot both be given")
  if (jwks !== undefined) acceptKeys(jwks)
  return {
    issuer,
    audience,
    jwksUri,
    jwks: jwks === undefined ? null : JSON.stringify(jwks),
    allowPrivate,
    bindings: bindings.map(({ subject, claims = {}, accountId }) => ({ subject, claims, accountId })),
  }
}

/** Loopback in development is what a test or a trial has; where it leads is judged again when it is fetched. */
function acceptUrl(field: string, text: string, development: boolean): void {
  const url = URL.parse(text)
  const plain = development && url?.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
  const bare = url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === ""
  if (!bare || (url.protocol !== "https:" && !plain))
    throw invalidField(field, `${field.slice(1)} must be an https:// address without user name, query or fragment`)
}

/** Only what verifies: a private key, or one that both sides hold, has no business here. */
function acceptKeys(jwks: Readonly<Record<string, unknown>>): void {
  const keys = publicKeys(jwks)
  const all = (jwks["keys"] as readonly object[] | undefined)?.length
  if (keys === undefined || keys.length === 0 || keys.length !== all || keys.some((key) => "d" in key))
    throw invalidField("/jwks", "jwks must be a JWK set of 1 to 100 public RSA, EC or OKP keys")
}

function issuerAnswer(row: WorkloadIssuerRow): object {
  return {
    id: row.id,
    issuer: row.issuer,
    audience: row.audience,
    jwksUri: row.jwksUri,
    jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as object),
    allowPrivate: row.allowPrivate,
    bindings: row.bindings,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  }
}
