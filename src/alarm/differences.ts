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
  if (field === "DatapointsToAlarm" && value === undefined) return String(due.EvaluationPeriods)
  if (field === "Dimensions" && Array.isArray(value))
    return `[${value
      .map(({ Name, Value }) => `${Name}=${Value}`)
      .toSorted()
      .join(" ")}]`
  if (Array.isArray(value)) return `[${value.toSorted().join(" ")}]`
  return value === undefined ? "none" : String(value)
}
