import { CfnDashboard } from "aws-cdk-lib/aws-cloudwatch"
import type { Construct } from "constructs"
import { SECURITY_METRICS, type SecurityMetric } from "../../../src/telemetry/security-metrics.ts"
import type { Config } from "../config.ts"
import { NAMESPACE } from "../place.ts"
import type { AlarmsStack } from "./alarms.ts"
import { TylerStack } from "./stack.ts"

type Series = readonly (string | Readonly<Record<string, string>>)[]

interface Widget {
  readonly type: "alarm" | "metric"
  readonly width: number
  readonly height: number
  readonly properties: Readonly<Record<string, unknown>>
}

/** One page: which alarms stand, what is asked of the service, and how its parts are. */
export class DashboardStack extends TylerStack {
  constructor(app: Construct, config: Config, { alarmArns }: AlarmsStack) {
    super(app, "dashboard", config)
    const { region, name } = config
    const graph = (title: string, metrics: readonly Series[], stat = "Sum"): Widget => ({
      type: "metric",
      width: 12,
      height: 6,
      properties: { title, region, view: "timeSeries", stat, period: 300, metrics },
    })
    const widgets: Widget[] = [
      { type: "alarm", width: 24, height: 4, properties: { title: "Alarms", alarms: alarmArns } },
      graph("Values asked for", [
        ours("SecretAccess", { Result: "SUCCESS" }),
        ours("SecretAccess", { Result: "FAILURE" }),
      ]),
      graph(
        "Changes",
        ["CREATE", "UPDATE", "DELETE", "ROTATE"].map((Operation) => ours("SecretOperation", { Operation })),
      ),
      graph("Refused and failed", [ours("SecurityAudit", { Result: "FAILURE" }), ours("LockOut", {})]),
      graph(
        "Mirrors",
        [
          [NAMESPACE, "MirrorBacklog"],
          [NAMESPACE, "MirrorFailing"],
        ],
        "Maximum",
      ),
      graph(
        "Tasks",
        [
          ["AWS/ECS", "CPUUtilization", "ClusterName", name, "ServiceName", name],
          ["AWS/ECS", "MemoryUtilization", "ClusterName", name, "ServiceName", name],
        ],
        "Average",
      ),
      graph(
        "Database",
        [
          ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", name],
          ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", name],
        ],
        "Average",
      ),
    ]
    new CfnDashboard(this, "dashboard", {
      dashboardName: name,
      dashboardBody: this.toJsonString({ widgets }),
    })
  }
}

/** @throws Error for dimensions in which the metric is not published: the graph would stay empty */
function ours(metric: SecurityMetric, dimensions: Readonly<Record<string, string>>): Series {
  const names = Object.keys(dimensions)
  const { sets }: { readonly sets: readonly (readonly string[])[] } = SECURITY_METRICS[metric]
  if (!sets.some((set) => set.length === names.length && names.every((name) => set.includes(name))))
    throw new Error(`${metric} is not published with the dimensions ${names.join(", ") || "none"}`)
  return [NAMESPACE, metric, ...Object.entries(dimensions).flat()]
}
