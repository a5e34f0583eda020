import type { Place } from "./place.ts"

/** An alarm that EventBridge raises, from what CloudTrail saw: it does not depend on the service, which may be what is broken. */
export interface EventAlarm {
  readonly name: string
  readonly text: string
  /** `docs/runbooks/SLUG.md` */
  readonly runbook: string
  readonly pattern: Readonly<Record<string, unknown>>
  /** Reads too, which a rule does not get unless it says so. */
  readonly reads: boolean
}

const callsOf = (source: string, detail: Readonly<Record<string, unknown>>) => ({
  source: [`aws.${source}`],
  "detail-type": ["AWS API Call via CloudTrail"],
  detail: { eventSource: [`${source}.amazonaws.com`], ...detail },
})

/**
 * Beyond the table of alarms, what only AWS can see: values and deletions that go past the service, and somebody in
 * the role of break-glass. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export function awsEventAlarms(at: Place): readonly EventAlarm[] {
  const rotators = at.config.rotation.functions.map(({ strategy }) => at.rotationRoleArn(strategy))
  // Users and the account's root have no role: what is absent is not "anything but", it has to be said.
  const notBy = (...arns: readonly string[]) => ({
    userIdentity: {
      sessionContext: {
        sessionIssuer: { arn: [{ "anything-but": arns }, { exists: false }] },
      },
    },
  })
  // An id is a name or an ARN.
  const ofOurs = { requestParameters: { secretId: [{ wildcard: `*${at.prefix}/*` }] } }
  return [
    {
      name: `${at.prefix}-value-read-elsewhere`,
      text: "Somebody has read a value in Secrets Manager past this service.",
      runbook: "high-secret-access",
      pattern: callsOf("secretsmanager", {
        eventName: ["GetSecretValue"],
        ...ofOurs,
        ...notBy(at.roleArn("service"), ...rotators),
      }),
      reads: true,
    },
    {
      name: `${at.prefix}-secret-changed-elsewhere`,
      text: "Somebody has deleted or opened up a secret in Secrets Manager past this service.",
      runbook: "secret-deletion",
      pattern: callsOf("secretsmanager", {
        eventName: ["DeleteSecret", "PutResourcePolicy", "DeleteResourcePolicy", "ReplicateSecretToRegions"],
        ...ofOurs,
        ...notBy(at.roleArn("service")),
      }),
      reads: false,
    },
    {
      name: `${at.prefix}-break-glass-role`,
      text: "Somebody has taken on the break-glass role in AWS.",
      runbook: "break-glass",
      pattern: callsOf("sts", {
        eventName: ["AssumeRole"],
        requestParameters: { roleArn: [at.roleArn("break-glass")] },
      }),
      reads: true,
    },
    {
      name: `${at.prefix}-rotation-function-failed`,
      text: "Secrets Manager says that a rotation by the function failed.",
      runbook: "rotation-failed",
      pattern: {
        source: ["aws.secretsmanager"],
        "detail-type": ["AWS Service Event via CloudTrail"],
        detail: { eventName: ["RotationFailed"] },
      },
      reads: false,
    },
  ]
}
