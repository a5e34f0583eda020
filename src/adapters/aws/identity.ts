import type { STSClient } from "@aws-sdk/client-sts"
import { type AwsPlace, clientSettings } from "./client.ts"

export interface CallerIdentity {
  readonly arn: string
  /** 12 digits. */
  readonly account: string
  /** AWS's clock when it answered, in ms; null if it did not say. */
  readonly awsTime: number | null
}

/** Who AWS says we are. Needs no permission. Throws the SDK's error. */
export async function callerIdentity(place: AwsPlace): Promise<CallerIdentity> {
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts")
  const client = new STSClient(clientSettings(place, "sts"))
  let awsTime: number | null = null
  try {
    noteDate(client, (time) => (awsTime = time))
    const { Arn, Account } = await client.send(new GetCallerIdentityCommand({}))
    return { arn: Arn ?? "", account: Account ?? "", awsTime }
  } finally {
    client.destroy()
  }
}

/** Reads the `Date` of each answer, refusals included, before the SDK parses it. */
function noteDate(client: STSClient, note: (time: number) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args)
      const { headers } = answer.response as { headers?: Readonly<Record<string, string>> }
      const time = Date.parse(headers?.["date"] ?? "")
      if (!Number.isNaN(time)) note(time)
      return answer
    },
    { step: "deserialize", priority: "low", name: "noteDate" },
  )
}
