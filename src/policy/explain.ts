import type { Decision } from "./decide.ts"

/** A decision in plain words, one line for each rule that had a say: which rule, what it says, what would change it. */
export function explain(decision: Decision): readonly string[] {
  return decision.reasons.map(({ rule, pattern, says, change }) => {
    const line = `${rule} (${pattern}) ${says}`
    return change === undefined ? line : `${line}; what would change it: ${change}`
  })
}
