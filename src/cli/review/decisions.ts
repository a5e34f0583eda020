import { UsageError } from "../command.ts"
import { readRows } from "../rows-file.ts"
import type { World } from "../world.ts"
import type { Subject } from "./rows.ts"

/** What is to be done about one person or program: nothing, roles that go, or the account. */
export type Decision =
  | { readonly subject: Subject; readonly keep: true }
  | { readonly subject: Subject; readonly roles: readonly string[] }
  | { readonly subject: Subject; readonly disable: true }

const WORDS = new Set(["keep", "remove-role", "disable"])

/**
 * Rows `{"subject": NAME, "decision": "keep" | "remove-role" | "disable", "role": ROLE}`. All of them are judged before
 * anything is done. @throws UsageError naming the row
 */
export function readDecisions(world: World, path: string, subjects: readonly Subject[]): readonly Decision[] {
  const bySubject = new Map<string, { keep: boolean; disable: boolean; roles: string[] }>()
  for (const [at, row] of readRows(world, path, "decisions").entries()) {
    const { subject, decision, role, ...more } = row as Record<string, unknown>
    const fault = (what: string): UsageError => new UsageError(`${path}: decision ${at + 1}: ${what}`, "access-review")
    if (Object.keys(more).length > 0) throw fault("only subject, decision and role are known")
    if (typeof subject !== "string" || typeof decision !== "string" || !WORDS.has(decision))
      throw fault('must name a subject, and "keep", "remove-role" or "disable"')
    const found = subjects.find(({ id, name }) => name === subject || id === subject)
    if (found === undefined) throw fault("nobody of that name may read anything")
    if ((decision === "remove-role") !== (role !== undefined))
      throw fault("a role is named with remove-role, and with nothing else")
    if (role !== undefined && (typeof role !== "string" || !found.roles.includes(role)))
      throw fault(`${found.name} has no such role`)
    const known = bySubject.get(found.id) ?? { keep: false, disable: false, roles: [] }
    if (decision === "keep") known.keep = true
    else if (decision === "disable") known.disable = true
    else known.roles.push(role as string)
    if ([known.keep, known.disable, known.roles.length > 0].filter(Boolean).length > 1)
      throw fault(`${found.name} has another decision already`)
    bySubject.set(found.id, known)
  }
  return [...bySubject].map(([id, known]) => {
    const subject = subjects.find((one) => one.id === id) as Subject
    if (known.disable) return { subject, disable: true }
    return known.roles.length > 0 ? { subject, roles: known.roles } : { subject, keep: true }
  })
}
