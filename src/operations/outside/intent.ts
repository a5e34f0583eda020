import type { Change } from "../../state/change.ts"

/** The changes that have an effect outside; they become ours once that is done. */
export type OutwardKind =
  | "addSecret"
  | "addVersion"
  | "putLabels"
  | "describeSecret"
  | "tagSecret"
  | "scheduleDeletion"
  | "cancelDeletion"
  | "putSchedule"

export type Outward = Extract<Change, { readonly kind: OutwardKind }>

const KINDS: ReadonlySet<string> = new Set<OutwardKind>([
  "addSecret",
  "addVersion",
  "putLabels",
  "describeSecret",
  "tagSecret",
  "scheduleDeletion",
  "cancelDeletion",
  "putSchedule",
])

/** A schedule that is ours alone has no effect there. */
export function isOutward(change: Change): change is Outward {
  return KINDS.has(change.kind) && !(change.kind === "putSchedule" && change.outside === undefined)
}

/** Of what is there already; that of a new secret is not known before. */
export function secretIdOf(change: Exclude<Outward, { readonly kind: "addSecret" }>): string {
  return change.kind === "putSchedule" ? change.row.secretId : change.secretId
}

export function isVersioned(
  change: Outward,
): change is Extract<Outward, { readonly kind: "addSecret" | "addVersion" }> {
  return change.kind === "addSecret" || change.kind === "addVersion"
}

/** Bytes as `{"base64": "..."}`. */
export function changesText(changes: readonly Change[]): string {
  return JSON.stringify(changes, (_key, value: unknown) => {
    const bytes = bytesOf(value)
    return bytes === undefined ? value : { base64: bytes.toString("base64") }
  })
}

/** JSON.stringify shows a Buffer as what its toJSON made of it. */
function bytesOf(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value !== "object" || value === null || !("type" in value) || value.type !== "Buffer") return undefined
  return "data" in value && Array.isArray(value.data) ? Buffer.from(value.data as number[]) : undefined
}

export function changesIn(text: string): readonly Change[] {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === "object" && value !== null && "base64" in value && typeof value.base64 === "string"
      ? Buffer.from(value.base64, "base64")
      : value,
  ) as readonly Change[]
}
