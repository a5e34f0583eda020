import type * as Sdk from "@aws-sdk/client-secrets-manager"
import type { Tag } from "../../api/secrets.ts"
import type { Value } from "../../client/body.ts"
import { Unmet, UsageError } from "../command.ts"
import { FAULT, LIMIT, REFUSED, UNAVAILABLE } from "../exit.ts"
import type { World } from "../world.ts"
import { type Content, contentOf, type Entry } from "./entry.ts"

/** Tries of one call, with the SDK's own growing waits between them: throttled accounts recover within seconds. */
const ATTEMPTS = 6
const PAGE = 100

type Module = typeof Sdk

/**
 * What an AWS account keeps under a prefix: names, descriptions and tags now, each value when it is due. Region,
 * credentials and endpoint come from the environment, as for every SDK. The SDK is loaded only here.
 */
export async function readAws(world: World, prefix: string): Promise<readonly Entry[]> {
  const region = world.env["AWS_REGION"] || world.env["AWS_DEFAULT_REGION"]
  if (!region) throw new UsageError("set AWS_REGION to the Region to read", "import")
  const aws = await import("@aws-sdk/client-secrets-manager")
  const client = new aws.SecretsManagerClient({ region, maxAttempts: ATTEMPTS })
  const entries: Entry[] = []
  for await (const item of listed(aws, client, prefix)) {
    const { Name: name, Description: description, ARN: arn } = item
    // AWS matches prefixes without regard to case.
    if (name === undefined || arn === undefined || !name.startsWith(prefix)) continue
    entries.push({
      name,
      content: contentIn(aws, client, item, arn),
      ...(description === undefined ? {} : { description }),
      ...tagsOf(item),
    })
  }
  return entries
}

async function* listed(aws: Module, client: Sdk.SecretsManagerClient, prefix: string) {
  const Filters = prefix === "" ? [] : [{ Key: "name" as const, Values: [prefix] }]
  const ask = { MaxResults: PAGE, IncludePlannedDeletion: true, Filters }
  for (let NextToken: string | undefined; ; ) {
    const page = await called(() => client.send(new aws.ListSecretsCommand({ ...ask, NextToken })))
    yield* page.SecretList ?? []
    NextToken = page.NextToken
    if (NextToken === undefined) return
  }
}

function contentIn(aws: Module, client: Sdk.SecretsManagerClient, item: Sdk.SecretListEntry, arn: string): Content {
  if (item.DeletedDate !== undefined) return { gone: "is scheduled for deletion in AWS" }
  return { fetch: () => currentValue(aws, client, arn) }
}

async function currentValue(aws: Module, client: Sdk.SecretsManagerClient, arn: string): Promise<Value> {
  const answer = await called(() => client.send(new aws.GetSecretValueCommand({ SecretId: arn })))
  const content = contentOf(answer.SecretString ?? answer.SecretBinary ?? "")
  if ("value" in content) return content.value
  throw new Unmet(REFUSED, "invalid_value", "fault" in content ? content.fault : "has no value")
}

/** Tags that begin with `aws:` are AWS's own: nobody else can set them. */
function tagsOf({ Tags = [] }: Sdk.SecretListEntry): { readonly tags?: readonly Tag[] } {
  const tags = Tags.flatMap(({ Key, Value = "" }) =>
    Key === undefined || Key.startsWith("aws:") ? [] : [{ Key, Value }],
  )
  return tags.length === 0 ? {} : { tags }
}

const EXITS: Readonly<Record<string, number>> = {
  AccessDeniedException: REFUSED,
  ResourceNotFoundException: REFUSED,
  DecryptionFailure: REFUSED,
  InvalidRequestException: REFUSED,
  UnrecognizedClientException: REFUSED,
  ExpiredTokenException: REFUSED,
  ThrottlingException: LIMIT,
  InternalServiceError: UNAVAILABLE,
}

/** AWS's error by its name alone: its texts quote what was asked. */
async function called<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string }
    const exit = EXITS[name ?? ""] ?? (code === undefined ? FAULT : UNAVAILABLE)
    throw new Unmet(exit, "aws", `AWS: ${name === "Error" || name === undefined ? (code ?? "unknown error") : name}`)
  }
}
