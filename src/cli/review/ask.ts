import { line } from "../print.ts"
import { printable } from "../printable.ts"
import { ask } from "../prompt.ts"
import type { World } from "../world.ts"
import type { Decision } from "./decisions.ts"
import type { Subject } from "./rows.ts"

/** One after the other; `q` ends it, and what was decided until then counts. */
export async function askDecisions(world: World, subjects: readonly Subject[]): Promise<readonly Decision[]> {
  const decisions: Decision[] = []
  for (const subject of subjects) {
    await line(world, printable(`${subject.name} (${subject.kind}; ${subject.roles.join(", ") || "no role"})`))
    for (const { patterns, verbs, secrets, lastUse, uses, dormant } of subject.rights)
      await line(
        world,
        printable(
          `  ${patterns.join(" ")}: ${verbs.join(", ")} of ${secrets}; ${lastUse === null ? "never used" : `used ${uses} times, last ${lastUse}`}${dormant ? "; dormant" : ""}`,
        ),
      )
    const decision = await decided(world, subject)
    if (decision === undefined) break
    decisions.push(decision)
  }
  return decisions
}

/** Undefined: enough. */
async function decided(world: World, subject: Subject): Promise<Decision | undefined> {
  for (;;) {
    const typed = (await ask(world, "k to keep, d to disable, roles to remove, q to end")).trim()
    if (typed === "q") return undefined
    if (typed === "k") return { subject, keep: true }
    if (typed === "d") return { subject, disable: true }
    const roles = typed.split(/[\s,]+/).filter((role) => role !== "")
    if (roles.length > 0 && roles.every((role) => subject.roles.includes(role))) return { subject, roles }
    await line(world, printable(`${subject.name} has the roles ${subject.roles.join(", ") || "none"}`))
  }
}
