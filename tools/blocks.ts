/** Parts of documents that are made from the code, and the code each is made from. */
import { prometheusRules } from "../src/alarm/prometheus.ts"
import { type Alarm, ALARMS } from "../src/alarm/table.ts"
import { CLAIMS } from "../src/compliance/claims.ts"
import { ITEMS } from "../src/compliance/frameworks.ts"
import { CHECKS } from "../src/compliance/table.ts"
import { ERROR_CODES, textOf } from "../src/core/errors.ts"
import { type Contract, CONTRACTS } from "../src/http/contract.ts"
import { METRICS } from "../src/http/metrics.ts"
import { MATRIX, type RouteId, type Row } from "../src/http/matrix.ts"
import { refusalsOf } from "../src/http/openapi/refusals.ts"
import { STATUS } from "../src/http/problem.ts"
import { KINDS } from "../src/notice/kind.ts"
import { STRATEGIES } from "../src/core/rotation-strategy.ts"
import {
  PROCESS_METRIC_NAMES,
  PROCESS_METRICS,
  SECURITY_METRIC_NAMES,
  SECURITY_METRICS,
} from "../src/telemetry/security-metrics.ts"
import { settingsTable } from "../src/main/settings-doc.ts"

export interface Block {
  readonly file: string
  readonly source: string
  readonly make: () => string
}

export const BLOCKS: readonly Block[] = [
  { file: "docs/configuration.md", source: "src/main/settings.ts", make: settingsTable },
  { file: "docs/api.md", source: "src/http/matrix.ts and src/http/contract", make: routeTable },
  { file: "docs/api.md", source: "src/core/errors.ts and src/http/problem.ts", make: errorTable },
  { file: "docs/notifications.md", source: "src/notice/kind.ts", make: noticesTable },
  { file: "docs/rotation.md", source: "src/core/rotation-strategy.ts", make: strategiesTable },
  { file: "docs/compliance.md", source: "src/compliance/table.ts", make: checksTable },
  { file: "docs/compliance.md", source: "src/compliance/frameworks.ts", make: itemsTable },
  { file: "docs/alarms.md", source: "src/alarm/table.ts", make: alarmsTable },
  { file: "docs/metrics.md", source: "src/http/metrics.ts", make: metricsTable },
  { file: "docs/metrics.md", source: "src/telemetry/security-metrics.ts", make: securityTable },
]

/** Files of which nothing is written by hand. */
export const GENERATED: readonly Block[] = [
  {
    file: "docs/prometheus-alerts.yaml",
    source: "src/alarm/table.ts",
    make: () => `# Generated from src/alarm/table.ts: run node tools/check-docs.ts --write\n${prometheusRules()}`,
  },
]

const END = "<!-- end of the generated table -->"

/** The document with one block made anew. @throws Error if its marks are not there, once and in order. */
export function withBlock(document: string, { file, source, make }: Block): string {
  const begin = `<!-- generated from ${source}: run \`node tools/check-docs.ts --write\` -->`
  const [before, rest, ...more] = document.split(begin)
  const end = rest?.indexOf(END) ?? -1
  if (before === undefined || rest === undefined || end === -1 || more.length > 0)
    throw new Error(`${file}: the marks around the table from ${source} are missing or doubled`)
  return `${before}${begin}\n${make()}\n${rest.slice(end)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n")
}

function checksTable(): string {
  const rows = CHECKS.map(({ name, claims, asks, supports }) => [
    claims.map((claim) => `${claim}. ${CLAIMS[claim - 1]?.text}`).join("; "),
    `\`${name}\``,
    asks,
    supports.join(", "),
  ])
  return table(["claim", "check", "checked", "supports"], rows)
}

function itemsTable(): string {
  const rows = Object.entries(ITEMS).map(([name, { framework, about, duty }]) => {
    const own = CHECKS.filter(({ supports }) => supports.some((one) => one === name))
    return [`${framework} ${name}`, about, own.map((one) => `\`${one.name}\``).join(", ") || "none", duty]
  })
  return table(["item", "about", "checks that support it", "remains the operator's"], rows)
}

function routeTable(): string {
  const rows = (Object.entries(MATRIX) as [RouteId, Row][]).map(([id, row]) => {
    const path = id.replaceAll(/:(\w+)/g, "{$1}")
    const who = row.auth === "none" ? "anybody" : row.half === true ? "session, half too" : "session"
    const [success = "refused"] = Object.keys(CONTRACTS[id].answers)
    return [`\`${path}\``, row.summary, who, code(row.verb), code(row.action), success]
  })
  return table(["route", "what it does", "who", "verb", "audit action", "success"], rows)
}

function strategiesTable(): string {
  const head = ["strategy", "for", "promise", "administrator", "members of the secret", "revoke"]
  return table(
    head,
    STRATEGIES.map(({ name, label, promises, admin, needs, revoke }) => [
      `\`${name}\``,
      label,
      promises,
      admin,
      `\`${needs}\``,
      revoke,
    ]),
  )
}

function code(text: string | null): string {
  return text === null ? "" : `\`${text}\``
}

function errorTable(): string {
  const routes = Object.entries(MATRIX) as [RouteId, Row][]
  const rows = ERROR_CODES.map((name) => {
    const on = routes.filter(([id, row]) => {
      const [method = "", path = ""] = id.split(" ")
      const contract: Contract = CONTRACTS[id]
      return refusalsOf(method, path, row, contract).includes(name) || contract.redirects?.includes(name) === true
    })
    return [`\`${name}\``, String(STATUS[name]), textOf(name), where(on.length, routes.length)]
  })
  return table(["code", "status", "text", "routes"], rows)
}

function where(count: number, all: number): string {
  if (count === 0) return "before there is a route"
  return count === all ? "all" : String(count)
}

function securityTable(): string {
  const rows = SECURITY_METRIC_NAMES.map((name) => {
    const { unit, about, sets } = SECURITY_METRICS[name]
    const published = sets.map((set) => (set.length === 0 ? "none" : set.map((one) => `\`${one}\``).join(" ")))
    return [`\`${name}\``, unit, about, published.join("; ")]
  })
  const own = PROCESS_METRIC_NAMES.map((name) => {
    const { unit, about } = PROCESS_METRICS[name]
    return [`\`${name}\``, unit, about, "none"]
  })
  return table(["metric", "unit", "counts", "published with these dimensions"], [...rows, ...own])
}

const SIDES = { aws: "CloudWatch", service: "here", prometheus: "Prometheus" } as const

function alarmsTable(): string {
  const rows = ALARMS.map((alarm) => {
    const sides = alarm.watch.by === "events" ? "EventBridge" : alarm.sides.map((side) => SIDES[side]).join(", ")
    return [`[\`${alarm.name}\`](runbooks/${alarm.runbook}.md)`, alarm.text, limitOf(alarm), sides]
  })
  return table(["alarm and its runbook", "what it says", "raised by", "where"], rows)
}

function limitOf({ watch, threshold, comparison, periodSeconds, periods, setting }: Alarm): string {
  if (watch.by === "events") return "an event"
  const within = periods === 1 ? `in ${periodSeconds} s` : `for ${periods * periodSeconds} s`
  const set = setting === null ? "" : `; \`${setting}\``
  if (watch.by === "actor") return `more than ${threshold} different secrets ${within}${set}`
  const dimensions = watch.by === "metric" ? Object.entries(watch.dimensions) : []
  const at = dimensions.map(([name, value]) => ` ${name}=${value}`).join("")
  return `\`${watch.metric}\`${at} ${comparison} ${threshold} ${within}${set}`
}

function metricsTable(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => {
    return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(" "), help]
  })
  return table(["metric", "type", "labels", "what it says"], rows)
}

function noticesTable(): string {
  const rows = Object.entries(KINDS).map(([name, { to, alarm, facts, link }]) => {
    const told = facts.map((fact) => `\`${fact}\``).join(" ")
    return [`\`${name}\``, to, alarm ? "yes" : "", told, link ? "yes" : ""]
  })
  return table(["kind", "who is told, beside the webhook", "alarm", "facts", "link"], rows)
}
