import type * as Sdk from "@aws-sdk/client-cloudwatch"
import type { CloudWatchClient, MetricAlarm } from "@aws-sdk/client-cloudwatch"
import type { CloudWatchAlarm } from "../../alarm/cloudwatch.ts"
import { type AwsPlace, clientSettings } from "./client.ts"
import { serviceCause } from "./service-fault.ts"
import { SinkFault } from "../../telemetry/sink.ts"

/** CloudWatch's alarms, as `tyler-server aws alarms apply` needs them. Each rejects with a SinkFault. */
export interface AlarmDesk {
  /** All whose name begins so. */
  standing(prefix: string): Promise<readonly StandingAlarm[]>
  /** Makes it, or replaces the whole of the one of that name. */
  put(alarm: CloudWatchAlarm): Promise<void>
  close(): void
}

/** As AWS has it: the same fields, each of which may be absent or something else. */
export type StandingAlarm = Readonly<Partial<Record<keyof CloudWatchAlarm, unknown>>>

export function alarmDesk(place: AwsPlace): AlarmDesk {
  let client: CloudWatchClient | undefined

  async function call<T>(use: (sdk: typeof Sdk, on: CloudWatchClient) => Promise<T>): Promise<T> {
    try {
      const sdk = await import("@aws-sdk/client-cloudwatch")
      client ??= new sdk.CloudWatchClient(clientSettings(place, "monitoring"))
      return await use(sdk, client)
    } catch (error) {
      throw new SinkFault(serviceCause(error))
    }
  }

  return {
    standing: (prefix) =>
      call(async (sdk, on) => {
        const found: MetricAlarm[] = []
        for (let NextToken: string | undefined; ; ) {
          const page = await on.send(new sdk.DescribeAlarmsCommand({ AlarmNamePrefix: prefix, NextToken }))
          found.push(...(page.MetricAlarms ?? []))
          NextToken = page.NextToken
          if (NextToken === undefined) return found
        }
      }),
    async put(alarm) {
      const { Dimensions, AlarmActions, OKActions, ...rest } = alarm
      await call((sdk, on) =>
        on.send(
          new sdk.PutMetricAlarmCommand({
            ...rest,
            Dimensions: [...Dimensions],
            AlarmActions: [...AlarmActions],
            OKActions: [...OKActions],
          }),
        ),
      )
    },
    close: () => client?.destroy(),
  }
}
