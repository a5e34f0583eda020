import { CfnAlarm } from "aws-cdk-lib/aws-cloudwatch"
import { CfnRule } from "aws-cdk-lib/aws-events"
import { PolicyDocument } from "aws-cdk-lib/aws-iam"
import { CfnTopic, CfnTopicPolicy } from "aws-cdk-lib/aws-sns"
import type { Construct } from "constructs"
import { type CloudWatchAlarm, cloudWatchAlarms, EVENT_ALARMS } from "../../../src/alarm/cloudwatch.ts"
import { runbookAt } from "../../../src/main/runbooks.ts"
import type { Config } from "../config.ts"
import { awsEventAlarms, type EventAlarm } from "../events.ts"
import { type Arns, NAMESPACE } from "../place.ts"
import { topicPolicy } from "../policies/topic.ts"
import { TylerStack } from "./stack.ts"

/** The alarms of the repository's one table, as CloudWatch and EventBridge have them, and who hears of them. */
export class AlarmsStack extends TylerStack {
  readonly alarmArns: readonly string[]

  constructor(app: Construct, config: Config, keys: Arns) {
    super(app, "alarms", config)
    const topicArn = this.#topic(keys)
    const runbook = (slug: string): string => runbookAt(config.alarms.runbooks, slug)
    const rows = cloudWatchAlarms({ namespace: NAMESPACE, topicArn, thresholds: config.alarms.limits, runbook })
    const alarms = [
      ...rows.map((row) => this.#alarm({ ...row, AlarmName: this.#named(row.AlarmName) })),
      this.#unusual(topicArn, runbook),
    ]
    for (const row of this.#events()) this.#rule(row, topicArn, runbook)
    this.alarmArns = alarms.map(({ attrArn }) => attrArn)
  }

  /** Encrypted by a key that CloudWatch and EventBridge may use; under AWS's own they would be silent. */
  #topic(keys: Arns): string {
    const topic = new CfnTopic(this, "topic", {
      topicName: `${this.at.prefix}-alarms`,
      displayName: `Alarms of ${this.at.prefix}`,
      kmsMasterKeyId: keys.evidence,
      subscription: this.at.config.alarms.emails.map((endpoint) => ({ protocol: "email", endpoint })),
    })
    new CfnTopicPolicy(this, "topic-policy", {
      topics: [topic.ref],
      policyDocument: new PolicyDocument({ statements: topicPolicy(this.at) }),
    })
    return topic.ref
  }

  #alarm(row: CloudWatchAlarm): CfnAlarm {
    return new CfnAlarm(this, row.AlarmName, {
      alarmName: row.AlarmName,
      alarmDescription: row.AlarmDescription,
      namespace: row.Namespace,
      metricName: row.MetricName,
      dimensions: row.Dimensions.map(({ Name, Value }) => ({ name: Name, value: Value })),
      unit: row.Unit,
      statistic: row.Statistic,
      period: row.Period,
      evaluationPeriods: row.EvaluationPeriods,
      datapointsToAlarm: row.DatapointsToAlarm,
      threshold: row.Threshold,
      comparisonOperator: row.ComparisonOperator,
      treatMissingData: row.TreatMissingData,
      actionsEnabled: row.ActionsEnabled,
      alarmActions: [...row.AlarmActions],
      okActions: [...row.OKActions],
    })
  }

  /** More than is usual at this hour of this day, which a fixed number cannot know. The model learns for two weeks. */
  #unusual(topicArn: string, runbook: (slug: string) => string): CfnAlarm {
    const name = `${this.at.prefix}-unusual-secret-access`
    return new CfnAlarm(this, name, {
      alarmName: name,
      alarmDescription: `Far more values were asked for than is usual at this time. Runbook: ${runbook("high-secret-access")}`,
      metrics: [
        {
          id: "asked",
          metricStat: {
            metric: { namespace: NAMESPACE, metricName: "SecretAccess" },
            period: 300,
            stat: "Sum",
            unit: "Count",
          },
        },
        { id: "usual", expression: "ANOMALY_DETECTION_BAND(asked, 3)" },
      ],
      thresholdMetricId: "usual",
      comparisonOperator: "GreaterThanUpperThreshold",
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: "notBreaching",
      alarmActions: [topicArn],
      okActions: [topicArn],
    })
  }

  /** Two installations in one Region must not share an alarm. */
  #named(name: string): string {
    return name.replace(/^tyler-setup-/, `${this.at.prefix}-`)
  }

  #events(): readonly EventAlarm[] {
    const ofTable = EVENT_ALARMS.flatMap(({ name, text, runbook, watch }): EventAlarm[] =>
      watch.by === "events" ? [{ name: this.#named(name), text, runbook, pattern: watch.pattern, reads: false }] : [],
    )
    return [...ofTable, ...awsEventAlarms(this.at)]
  }

  #rule({ name, text, runbook, pattern, reads }: EventAlarm, topicArn: string, link: (slug: string) => string): void {
    new CfnRule(this, name, {
      name,
      description: text,
      eventPattern: pattern,
      state: reads ? "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" : "ENABLED",
      targets: [
        {
          id: "topic",
          arn: topicArn,
          inputTransformer: {
            inputPathsMap: { what: "$.detail.eventName", who: "$.detail.userIdentity.arn", when: "$.time" },
            inputTemplate: JSON.stringify(`${name}: ${text} <what> by <who> at <when>. Runbook: ${link(runbook)}`),
          },
        },
      ],
    })
  }
}
