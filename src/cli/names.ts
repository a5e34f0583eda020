import { type Call, UsageError } from "./command.ts"

const MOST_NAMES = 50

/** The operands as names of secrets: each once, in the order given. Throws UsageError. */
export function namesOf({ operands, command }: Call): string[] {
  const names = [...new Set(operands)]
  if (names.length > MOST_NAMES) throw new UsageError(`at most ${MOST_NAMES} secrets at once`, command.words)
  return names
}
