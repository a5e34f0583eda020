import type { RequestItem } from "../api/access-requests.ts"
import { ago } from "./ago.ts"
import { facts } from "./print.ts"
import { printableJson } from "./printable.ts"
import type { World } from "./world.ts"

/** What a request is about, in a few words. */
export function subjectOf({ kind, verb, secrets, change }: RequestItem): string {
  if (kind === "change") return `change ${change === null ? "" : String(change["type"])}`.trimEnd()
  const what = kind === "break_glass" ? "break-glass" : (verb ?? "")
  return `${what} ${secrets.slice(0, 3).join(", ")}${secrets.length > 3 ? ` and ${secrets.length - 3} more` : ""}`
}

/** All of it, one fact a line: what an approver consents to. */
export async function showRequest(world: World, one: RequestItem): Promise<void> {
  const now = world.now()
  const rows: (readonly [string, string])[] = [
    ["request", one.id],
    ["asked by", one.requester],
    ["asked", ago(one.createdAt, now)],
    ["to", one.kind === "access" ? (one.verb ?? "") : one.kind.replace("_", "-")],
    ...one.secrets.map((name) => ["secret", name] as const),
    ...(one.change === null ? [] : [["change", printableJson(one.change)] as const]),
    ["reason", one.reason ?? "(erased)"],
    ...(one.kind === "change" ? [] : [["for", lease(one)] as const]),
    ...(one.steppedUp && one.kind === "access" ? [["second factor", "shown; stands for that time"] as const] : []),
    ["state", `${one.state}, ${approvalsOf(one)} of ${one.needed} approvals`],
    ...one.decisions.map(({ verdict, by, at }) => [verdict, `${by}, ${ago(at, now)}`] as const),
    ...(one.state === "pending" ? [["lapses", ago(one.expiresAt, now)] as const] : []),
    ...(one.effectiveAt === null ? [] : [["takes effect or ends", ago(one.effectiveAt, now)] as const]),
    ["digest", one.digest],
  ]
  await facts(world, rows)
}

function lease({ minutes, uses }: RequestItem): string {
  return `${minutes} minutes, ${uses === null ? "any number of uses" : `${uses} use${uses === 1 ? "" : "s"} of each`}`
}

export function approvalsOf({ decisions }: RequestItem): number {
  return decisions.filter(({ verdict }) => verdict === "approve").length
}
