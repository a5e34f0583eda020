import type { AlarmDesk } from "../adapters/aws/alarms.ts"
import { cloudWatchAlarms, EVENT_ALARMS } from "../alarm/cloudwatch.ts"
import { differences } from "../alarm/differences.ts"
import { StartFault } from "../core/start-fault.ts"
import { SinkFault } from "../telemetry/sink.ts"
import type { Config } from "./config.ts"
import { runbookAt } from "./runbooks.ts"

/** What `tyler-server aws alarms apply` was asked for. */
export interface AlarmsAsked {
  readonly topicArn: string
  readonly dryRun: boolean
}

const TOPIC = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/
const PREFIX = "tyler-setup-"

/** `--topic ARN [--dry-run]`, in any order. Undefined: that is not what stands there. */
export function alarmsAsked(args: readonly string[]): AlarmsAsked | undefined {
  const dryRun = args.includes("--dry-run")
  const [option, topicArn = "", ...more] = args.filter((word) => word !== "--dry-run")
  const doubled = args.filter((word) => word === "--dry-run").length > 1
  return option === "--topic" && TOPIC.test(topicArn) && more.length === 0 && !doubled
    ? { topicArn, dryRun }
    : undefined
}

/**
 * Makes CloudWatch's alarms what the table says, and says what is changed. What is there already is left alone, and so are
 * alarms that the table does not have. @returns the exit code
 */
export async function applyAlarms(
  { aws, metrics, alarms }: Config,
  { topicArn, dryRun }: AlarmsAsked,
  deskAt: (place: NonNullable<Config["aws"]>["place"]) => Promise<AlarmDesk>,
  say: (line: string) => void,
): Promise<number> {
  if (aws === null || metrics === null)
    throw new StartFault(
      "aws alarms apply needs AWS_REGION and CLOUDWATCH_NAMESPACE: alarms are on what is published there",
    )
  const [, region] = TOPIC.exec(topicArn) ?? []
  if (region !== aws.place.region)
    throw new StartFault(
      `The topic is in ${region}, and AWS_REGION is ${aws.place.region}: an alarm tells only topics of its Region`,
    )
  const due = cloudWatchAlarms({
    namespace: metrics.namespace,
    topicArn,
    thresholds: alarms.thresholds,
    runbook: (slug) => runbookAt(alarms.runbooks, slug),
  })
  const desk = await deskAt(aws.place)
  try {
    const standing = await desk.standing(PREFIX)
    let changed = 0
    for (const alarm of due) {
      const there = standing.find(({ AlarmName }) => AlarmName === alarm.AlarmName)
      const changes = there === undefined ? [] : differences(there, alarm)
      const same = there !== undefined && changes.length === 0
      say(
        same
          ? `= ${alarm.AlarmName}`
          : `${there === undefined ? "+" : "~"} ${[alarm.AlarmName, changes.join("; ")].join(" ").trim()}`,
      )
      if (same) continue
      changed++
      if (!dryRun) await desk.put(alarm)
    }
    for (const { AlarmName } of standing)
      if (!due.some((alarm) => alarm.AlarmName === AlarmName))
        say(`? ${String(AlarmName)}: not of this table, left alone`)
    for (const { name } of EVENT_ALARMS) say(`- ${name}: a rule of EventBridge, not made here: see docs/alarms.md`)
    say(`${changed} of ${due.length} alarms ${dryRun ? "would be changed" : "changed"}`)
    return 0
  } catch (error) {
    if (!(error instanceof SinkFault)) throw error
    throw new StartFault(`CloudWatch did not do it (${error.reason}); what was said above stands`)
  } finally {
    desk.close()
  }
}
