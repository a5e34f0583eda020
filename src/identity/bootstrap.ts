import { equalBytes, sha256 } from "../core/bytes.ts"

export interface SetupToken {
  matches(token: string): boolean
}

/** Keeps only the hash. @param token null: none was given out, so nothing matches. */
export function setupToken(token: string | null): SetupToken {
  const kept = token === null ? null : sha256(Buffer.from(token, "utf8"))
  return { matches: (given) => kept !== null && equalBytes(sha256(Buffer.from(given, "utf8")), kept) }
}
