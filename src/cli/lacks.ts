/** What a refusal says is missing that the person can do something about. */
export interface Lacks {
  readonly approval: boolean
  readonly verification: boolean
  /** What would change it, as the server says it of the approval. */
  readonly says: string | undefined
}

type Facts = Readonly<Record<string, unknown>>

/** Undefined: the refusal is of another kind, or an approval and a code alone would not change it. */
export function lacksOf(code: string, facts: Facts): Lacks | undefined {
  const missing: readonly unknown[] = Array.isArray(facts["missing"]) ? facts["missing"] : []
  if (facts["requiresEnrolment"] === true || missing.includes("quota")) return undefined
  const approval = code === "approval_required"
  const verification = code === "verification_required" || (approval && missing.includes("verification"))
  return approval || verification ? { approval, verification, says: sayOf(facts) } : undefined
}

function sayOf({ reasons }: Facts): string | undefined {
  if (!Array.isArray(reasons)) return undefined
  const found = (reasons as Facts[]).find(({ code }) => code === "approval_required")
  return typeof found?.["change"] === "string" ? found["change"] : undefined
}
