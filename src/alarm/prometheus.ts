import { PROCESS_METRICS, type ProcessMetric, SECURITY_METRICS } from "../telemetry/security-metrics.ts"
import { type Alarm, ALARMS } from "./table.ts"

/** Two scrapes have to lie within a window; so long, one every two minutes will do. */
const SHORTEST_WINDOW_SECONDS = 300

/** Prometheus' alerting rules for every alarm of the table that it can watch, as a file of rules. */
export function prometheusRules(): string {
  const rules = ALARMS.filter(({ sides }) => sides.includes("prometheus")).map(ruleText)
  return `groups:\n  - name: tyler-setup\n    rules:\n${rules.join("")}`
}

function ruleText(alarm: Alarm): string {
  const lines = [
    `- alert: ${alarm.name}`,
    `  expr: ${quoted(expressionOf(alarm))}`,
    ...(alarm.statistic === "Maximum" ? [`  for: ${alarm.periods * alarm.periodSeconds}s`] : []),
    "  annotations:",
    `    summary: ${quoted(alarm.text)}`,
    `    runbook: ${quoted(`docs/runbooks/${alarm.runbook}.md`)}`,
  ]
  return lines.map((line) => `      ${line}\n`).join("")
}

function expressionOf({ name, watch, threshold, comparison, periodSeconds }: Alarm): string {
  if (watch.by === "events") throw new Error(`${name} watches events, and no metric`)
  const window = `[${Math.max(periodSeconds, SHORTEST_WINDOW_SECONDS)}s]`
  if (watch.by === "own") return ownExpression(watch.metric, window, `${comparison} ${threshold}`)
  const { prometheus } = SECURITY_METRICS[watch.metric]
  if (watch.by === "actor") return `sum(increase(${prometheus}${window})) > 0`
  const labels = Object.entries(watch.dimensions).map(([label, value]) => `${label.toLowerCase()}="${value}"`)
  const selected = labels.length === 0 ? prometheus : `${prometheus}{${labels.join(",")}}`
  return `sum(increase(${selected}${window})) ${comparison} ${threshold}`
}

function ownExpression(metric: ProcessMetric, window: string, limit: string): string {
  const { prometheus, shows } = PROCESS_METRICS[metric]
  if (shows === "level") return `max(${prometheus}) ${limit}`
  const grown = `sum(increase(${prometheus}${window}))`
  // No series at all is what this one is there to notice.
  return limit.startsWith("<") ? `(${grown} or vector(0)) ${limit}` : `${grown} ${limit}`
}

/** A string of JSON is one of YAML. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
