/** Entries that are kept for the same time. */
export type EntryClass = "reads" | "refusals" | "sign-ins" | "other"

export const ENTRY_CLASSES: readonly EntryClass[] = ["reads", "refusals", "sign-ins", "other"]

const READS = ["GET", "GET_CACHED", "LIST", "DESCRIBE", "LIST_VERSIONS", "ROTATION_STATUS", "WHO"] as const
const SIGN_INS = ["LOGIN", "LOGIN_FACTOR", "LOGOUT", "WORKLOAD_LOGIN", "IAM_LOGIN", "SESSION_END", "STEP_UP"] as const

const BY_ACTION: Readonly<Record<string, EntryClass>> = {
  ...Object.fromEntries(READS.map((action) => [action, "reads" as const])),
  ...Object.fromEntries(SIGN_INS.map((action) => [action, "sign-ins" as const])),
  REFUSED_SUMMARY: "refusals",
}

/** Orders stay: what they ordered to be missing could not be told from what was taken away. spec/audit-log.md, ERA-2. */
const ORDERS: ReadonlySet<string> = new Set(["ERASE", "RETAIN"])

/** Null: it stays for ever. Whatever was refused is a refusal, whatever it was. */
export function classOf({ action, result }: { readonly action: string; readonly result: string }): EntryClass | null {
  if (result === "DENIED") return "refusals"
  return ORDERS.has(action) ? null : (BY_ACTION[action] ?? "other")
}
