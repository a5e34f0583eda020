import type { FactorDesk } from "../operations/second-factor.ts"
import type { Wiring } from "./wiring.ts"

/** Passkeys are made for PUBLIC_URL, and for nothing else. */
export function deskOf(wiring: Wiring): FactorDesk {
  const { origin, hostname } = new URL(wiring.publicUrl)
  return { throttle: wiring.throttle, relyingParty: { rpId: hostname, origin } }
}
