import { lengthPrefixed, sha256 } from "../core/bytes.ts"
import type { JsonObject } from "./secret-json.ts"
import { objectOf } from "./secret-json.ts"

/** Members that say where a credential is good, and how safely one gets there. */
const MEMBERS = [
  "engine",
  "host",
  "port",
  "managementPort",
  "nodes",
  "vhost",
  "ssl",
  "sslrootcert",
  "region",
  "http",
  "webhook",
]

/**
 * SHA-256 of where a secret leads. Whoever may write a secret could point it at a server of his own, and the administrator
 * named in it would log in there: so an administrator's credentials are bound to the place that was there when the
 * schedule was set.
 * @throws RotationFault `secret_invalid`
 */
export function placeOf(text: string): Buffer {
  const all: JsonObject = objectOf(text)
  return sha256(lengthPrefixed(MEMBERS.map((member) => JSON.stringify(all[member] ?? null))))
}
