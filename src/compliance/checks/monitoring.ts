import { fault, type Look, ok, warn } from "../finding.ts"
import type { Observed } from "../observed.ts"
import { countOf, evidence, spanText } from "../evidence.ts"

export function metricsOut({ deployment }: Observed): Look {
  const { cloudWatch } = deployment
  if (cloudWatch === null)
    return warn(
      "metrics are served to Prometheus; none go to CloudWatch",
      "set CLOUDWATCH_NAMESPACE, and run tyler-server aws alarms apply, where CloudWatch is asked for",
    )
  if (cloudWatch.trouble !== null)
    return fault(`metrics do not reach CloudWatch: ${cloudWatch.trouble}`, "run tyler-server aws doctor")
  return ok(`metrics go to CloudWatch, namespace ${cloudWatch.namespace}, and are served to Prometheus`)
}

export function alarmsHeard({ deployment, trail, at }: Observed): Look {
  const { channels } = deployment
  const raised = `${countOf(trail.done, "ALARM_RAISED")} alarms raised ${spanText(trail, at)}`
  const entries = evidence(trail, "ALARM_RAISED", "ALARM_OVER")
  if (channels.length === 0)
    return fault(
      `${raised}; nobody is told of alarms`,
      "set NOTIFY_WEBHOOK_URL, NOTIFY_SLACK_URL, NOTIFY_SYSLOG_URL or SMTP_URL",
      entries,
    )
  const lost = countOf(trail.done, "NOTIFY_DROPPED") + countOf(trail.refused, "NOTIFY_DROPPED", "NOTIFY_FAILED")
  const figure = `${raised}; told by ${channels.join(", ")}; ${lost} notifications did not arrive`
  if (lost > 0) return warn(figure, "see docs/notifications.md for the decisions of those entries", entries)
  return ok(figure, entries)
}
