import { equalBytes } from "../core/bytes.ts"
import type { Service } from "./service.ts"

/** Whether the root key can be had back if its file is lost. */
export type EscrowState =
  /** Somebody opened what it was sealed in, at that time (ms). Entry KEY_ESCROW_CONFIRMED says so too. */
  | { readonly kind: "confirmed"; readonly at: number }
  /** AWS keeps it. */
  | { readonly kind: "kms" }
  /** Never, or of a root key that is not in use any more. */
  | { readonly kind: "missing" }

export async function escrowState({ reader, keys }: Pick<Service, "reader" | "keys">): Promise<EscrowState> {
  const root = keys.root()
  if (root.name.kind === "kms") return { kind: "kms" }
  const confirmed = await reader.escrow()
  return confirmed !== undefined && equalBytes(confirmed.rootKeyCheck, root.check)
    ? { kind: "confirmed", at: confirmed.at }
    : { kind: "missing" }
}
