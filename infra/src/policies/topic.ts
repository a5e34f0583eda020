import { AnyPrincipal, type PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import type { Place } from "../place.ts"
import { allow, deny } from "./statement.ts"

/** Who may raise an alarm: CloudWatch's alarms and EventBridge's rules of this account, by the names that are ours. */
export function topicPolicy(at: Place): PolicyStatement[] {
  const topic = at.topicArn()
  const from = (arn: string) => ({
    StringEquals: { "aws:SourceAccount": at.config.account },
    ArnLike: { "aws:SourceArn": arn },
  })
  return [
    allow("AlarmsPublish", {
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic],
      conditions: from(at.arn("cloudwatch", "alarm:*")),
    }),
    allow("EventsPublish", {
      principals: [new ServicePrincipal("events.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic],
      conditions: { ArnLike: { "aws:SourceArn": at.arn("events", `rule/${at.prefix}-*`) } },
    }),
    deny("PlainTextNever", {
      principals: [new AnyPrincipal()],
      actions: ["sns:Publish"],
      resources: [topic],
      conditions: { Bool: { "aws:SecureTransport": "false" } },
    }),
  ]
}
