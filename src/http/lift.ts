import type { IncomingMessage } from "node:http"
import { TylerError } from "../core/errors.ts"
import { type NameFault, parseName, type SecretName } from "../core/name.ts"

/**
 * Secret names stand in the path as they are, slashes included, and the verb is the last segment. The name is lifted
 * out before routing: the router sees `/api/secrets/{name}/access`, never a caller's name, so router and policy cannot
 * disagree about it. See docs/decisions/0003.
 */
const ROOT = "/api/secrets/"

const VERBS: Readonly<Record<string, readonly string[]>> = {
  GET: ["metadata", "versions", "rotation", "who", "audit"],
  POST: ["access", "adopt", "restore", "rollback", "rotate", "check-rotation", "cancel-rotation", "schedule"],
}
const BARE: readonly string[] = ["PUT", "PATCH", "DELETE"]

/** On the request itself: a WeakMap costs 1.5 microseconds a request. */
const LIFTED = Symbol("lifted name")
type Lifted = IncomingMessage & { [LIFTED]?: string }

/**
 * The route as the matrix spells it, query string kept. A target that is no path (`http://other.example/api/me`) names a
 * host past the Host check, and the router would quietly drop it: such a request has no route.
 */
export function liftName(request: Lifted): string {
  const url = request.url ?? "/"
  if (!url.startsWith("/")) return "/{no path}"
  const mark = url.indexOf("?")
  const path = mark === -1 ? url : url.slice(0, mark)
  if (!path.startsWith(ROOT) || (path === "/api/secrets/access" && request.method === "POST")) return url
  const query = mark === -1 ? "" : url.slice(mark)
  const method = request.method ?? ""
  const rest = path.slice(ROOT.length)
  if (BARE.includes(method)) {
    request[LIFTED] = rest
    return `${ROOT}{name}${query}`
  }
  const slash = rest.lastIndexOf("/")
  const verb = rest.slice(slash + 1)
  if (slash === -1 || !VERBS[method]?.includes(verb)) return `${ROOT}{unknown}`
  request[LIFTED] = rest.slice(0, slash)
  return `${ROOT}{name}/${verb}${query}`
}

/** The name as sent, for the entry of a refusal. */
export function rawName(request: Lifted): string | undefined {
  return request[LIFTED]
}

const FAULTS: Readonly<Record<NameFault, string>> = {
  empty: "it is empty",
  too_long: "it is too long",
  empty_segment: "it has an empty segment",
  dot_segment: "`.` and `..` are not allowed as segments",
  bad_character: "a segment may hold letters, digits and _ + = . @ - only",
}

/** Decoded exactly once; of all escapes only %2F, %40, %2B and %3D are names' own characters. */
export function nameInPath(request: IncomingMessage, limit: number): SecretName {
  const raw = rawName(request)
  if (raw === undefined) throw new TylerError("invalid_name")
  const decoded = !raw.includes("%") ? raw : raw.replace(/%(2f|40|2b|3d)/gi, (escape) => decodeURIComponent(escape))
  return acceptName(decoded, limit)
}

export function acceptName(text: string, limit: number): SecretName {
  const result = parseName(text, limit)
  if ("name" in result) return result.name
  throw new TylerError("invalid_name", { error: `The secret name is not valid: ${FAULTS[result.fault]}`, limit })
}
