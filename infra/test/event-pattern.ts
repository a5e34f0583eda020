/**
 * Whether EventBridge would hand on an event: the part of its patterns that is used here.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((one) => matchesOne(one, event))
  if (typeof pattern !== "object" || pattern === null) throw new Error("a pattern is made of objects and lists")
  const members = typeof event === "object" && event !== null ? (event as Record<string, unknown>) : {}
  return Object.entries(pattern).every(([name, of]) => matches(of, members[name]))
}

function matchesOne(wanted: unknown, value: unknown): boolean {
  if (typeof wanted === "string") return wanted === value
  const [[operator, operand] = [], more] = Object.entries(wanted as Record<string, unknown>)
  if (more !== undefined) throw new Error("one operator in each object")
  if (operator === "exists") return (value !== undefined) === operand
  // A member that is not there is not anything but: it matches nothing.
  if (value === undefined) return false
  if (operator === "anything-but") return ![operand].flat().includes(value)
  if (operator === "wildcard") return wildcard(String(operand)).test(typeof value === "string" ? value : "")
  throw new Error(`not known: ${operator}`)
}

function wildcard(text: string): RegExp {
  const parts = text.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(`^${parts.join(".*")}$`)
}
