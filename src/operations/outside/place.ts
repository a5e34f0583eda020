import type { OutsideStore } from "../../secrets/outside.ts"
import type { Below } from "../../secrets/outside-names.ts"

/** The store outside, and what of it is ours. */
export interface Outside extends Below {
  readonly store: OutsideStore
  /** Values are sealed before they go there; what is found as it is, is read as it is. */
  readonly encrypt: boolean
  /** What the tag `Environment` says. */
  readonly environment: string
  /** Keys that a creation may name; the first is taken where it names none. Empty: the store's own key, and no other. */
  readonly kmsKeys: readonly string[]
}

/** `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX`; the suffix is known only once the secret is there. */
const ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:(.+)-[A-Za-z0-9]{6}$/

/** What seals of a secret are bound to: its id, or the full name of one outside, whose id is its ARN. */
export function boundTo(secretId: string): string {
  return ARN.exec(secretId)?.[1] ?? secretId
}
