import type { CloudWatchAlarm } from "./cloudwatch.ts"

type Standing = Readonly<Partial<Record<keyof CloudWatchAlarm, unknown>>>

/** One field that is not as it should be, in words: `Threshold 10 -> 50`. */
export function differences(standing: Standing, due: CloudWatchAlarm): readonly string[] {
  return (Object.keys(due) as (keyof CloudWatchAlarm)[]).flatMap((field) => {
    const [is, should] = [textOf(field, standing[field], due), textOf(field, due[field], due)]
    return is === should ? [] : [`${field} ${is} -> ${should}`]
  })
}

/** AWS may leave DatapointsToAlarm out where it is EvaluationPeriods, and answers lists in an order of its own. */
function textOf(field: keyof CloudWatchAlarm, value: unknown, due: CloudWatchAlarm): string {
  if (Array.isArray(value)) return `[${value.map(itemText).toSorted(byCodeUnit).join(" ")}]`
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value)
  return field === "DatapointsToAlarm" ? String(due.EvaluationPeriods) : "none"
}

/** An ARN, or a dimension. */
function itemText(item: unknown): string {
  if (typeof item === "string") return item
  const { Name, Value } = item as { readonly Name?: string; readonly Value?: string }
  return `${Name}=${Value}`
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
