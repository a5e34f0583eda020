/** What the record transaction counts and compares; the same shape as the ledger's claim. */
export interface QuotaClaim {
  readonly principalId: string
  readonly secretId: string
  readonly day: string
  readonly perSecret: number | null
  readonly perPerson: number | null
}

/**
 * One delivered value. The key is (principal, secret id, UTC day): a re-created secret has a new id, so it starts anew.
 * @param perPerson MAX_SECRET_ACCESS_PER_USER; holds for people only.
 */
export function quotaClaim(
  principal: { readonly id: string; readonly kind: string },
  secretId: string,
  day: string,
  perSecret: number | null,
  perPerson: number | null,
): QuotaClaim {
  return {
    principalId: principal.id,
    secretId,
    day,
    perSecret,
    perPerson: principal.kind === "person" ? perPerson : null,
  }
}
