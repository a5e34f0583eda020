import type { STSClient } from "@aws-sdk/client-sts"
import { type AwsPlace, clientSettings } from "./client.ts"

export interface CallerIdentity {
  readonly arn: string
  /** 12 digits. */
  readonly account: string
}

/** What an answer shows beside its content, refusals included. */
export interface Seen {
  /** AWS's clock, in ms. */
  awsTime?: number
  /** Where the SDK has asked, whatever told it to. */
  host?: string
}

/** Who AWS says we are. Needs no permission. Throws the SDK's error. @param seen is filled in */
export async function callerIdentity(place: AwsPlace, seen: Seen = {}): Promise<CallerIdentity> {
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts")
  const client = new STSClient(clientSettings(place, "sts"))
  try {
    note(client, seen)
    const { Arn, Account } = await client.send(new GetCallerIdentityCommand({}))
    return { arn: Arn ?? "", account: Account ?? "" }
  } finally {
    client.destroy()
  }
}

function note(client: STSClient, seen: Seen): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { hostname, port } = args.request as { hostname: string; port?: number }
      seen.host = port === undefined ? hostname : `${hostname}:${port}`
      const answer = await next(args)
      const { headers } = answer.response as { headers?: Readonly<Record<string, string>> }
      const time = Date.parse(headers?.["date"] ?? "")
      if (!Number.isNaN(time)) seen.awsTime = time
      return answer
    },
    // The innermost of all: a refusal has not been thrown yet.
    { step: "deserialize", priority: "low", name: "note" },
  )
}
