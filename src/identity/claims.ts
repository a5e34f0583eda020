import type { IdentityProviderRow, RoleRule } from "../state/rows.ts"
import { parseUsername } from "./username.ts"

/** An ID token's claims, all checks passed. */
export type Claims = Readonly<Record<string, unknown>>

/** Longest `sub`, in characters (OpenID Connect Core 1.0, section 2). */
export const SUBJECT_LIMIT = 255

/** The roles that a token gives, sorted, each once. Equality only: no pattern, no case folding, nothing nested. */
export function rolesOf(rules: readonly RoleRule[], claims: Claims): readonly string[] {
  const given = rules.filter(({ claim, value }) => textsIn(claims, claim).includes(value))
  return [...new Set(given.map(({ role }) => role))].toSorted()
}

/** Whether the token carries a value that the provider's row says proves a second factor. */
export function provesSecondFactor(row: Pick<IdentityProviderRow, "mfaAcr" | "mfaAmr">, claims: Claims): boolean {
  const acr = claims["acr"]
  return (
    (typeof acr === "string" && row.mfaAcr.includes(acr)) ||
    textsIn(claims, "amr").some((method) => row.mfaAmr.includes(method))
  )
}

/** `preferred_username` in our spelling; undefined where there is none or it cannot be one of ours. */
export function nameIn(claims: Claims): string | undefined {
  const preferred = claims["preferred_username"]
  const parsed = typeof preferred === "string" ? parseUsername(preferred) : undefined
  return parsed !== undefined && "name" in parsed ? parsed.name : undefined
}

/** A claim that is a text, or a list of which only texts count. */
function textsIn(claims: Claims, claim: string): readonly string[] {
  const found = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (typeof found === "string") return [found]
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : []
}
