import { readFileSync } from "node:fs"
import { join } from "node:path"
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs"
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3"
import { moto, MOTO_REGION, noMoto } from "./moto.ts"

/** A kind of mirror of entries: how a server is told of one of its own, and what an auditor finds there. */
export interface MirrorKind {
  readonly name: "file" | "logs" | "s3"
  readonly skip: string | false
  /** Makes a place of its own. @returns what the server is started with */
  place(id: string): Promise<Readonly<Record<string, string>>>
  /** The export as it landed: entries in the order in which they stand there, then the newest checkpoint. */
  landed(id: string, mirrorFolder: string): Promise<string>
  /** What a server is told so that the place cannot be reached. */
  readonly unreachable: Readonly<Record<string, string>>
}

const NOWHERE = "http://127.0.0.1:9"

async function aws(): Promise<Readonly<Record<string, string>>> {
  return { AWS_REGION: MOTO_REGION, AWS_ENDPOINT_URL: await moto() }
}

const file: MirrorKind = {
  name: "file",
  skip: false,
  place: async () => ({ AUDIT_MIRROR_FILE: "true" }),
  landed: async (_id, folder) =>
    readFileSync(join(folder, "entries.ndjson"), "utf8") + readFileSync(join(folder, "entries-end.ndjson"), "utf8"),
  unreachable: {},
}

async function logsClient(): Promise<CloudWatchLogsClient> {
  return new CloudWatchLogsClient({ region: MOTO_REGION, endpoint: await moto() })
}

const logs: MirrorKind = {
  name: "logs",
  skip: noMoto,
  async place(id) {
    const client = await logsClient()
    await client.send(new CreateLogGroupCommand({ logGroupName: `/audit/${id}` }))
    return { ...(await aws()), AUDIT_MIRROR_LOG_GROUP: `/audit/${id}` }
  },
  async landed(id) {
    const entries = await eventsOf(`/audit/${id}`, "tyler-audit")
    const ends = await eventsOf(`/audit/${id}`, "tyler-audit-checkpoints")
    return [...entries, ...ends.slice(-1), ""].join("\n")
  },
  unreachable: { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: NOWHERE },
}

async function eventsOf(logGroupName: string, logStreamName: string): Promise<readonly string[]> {
  const client = await logsClient()
  const lines: string[] = []
  for (let nextToken: string | undefined; ; ) {
    const page = await client.send(
      new GetLogEventsCommand({
        logGroupName,
        logStreamName,
        startFromHead: true,
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    )
    if (page.events === undefined || page.events.length === 0) return lines
    lines.push(...page.events.map(({ message }) => message ?? ""))
    if (page.nextForwardToken === nextToken) return lines
    nextToken = page.nextForwardToken
  }
}

export async function s3Client(): Promise<S3Client> {
  return new S3Client({ region: MOTO_REGION, endpoint: await moto(), forcePathStyle: true })
}

/** Every key below a prefix, in order. */
export async function keysOf(Bucket: string, Prefix: string): Promise<readonly string[]> {
  const client = await s3Client()
  const keys: string[] = []
  for (let token: string | undefined; ; ) {
    const more = token === undefined ? {} : { ContinuationToken: token }
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ...more }))
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ""))
    token = page.NextContinuationToken
    if (token === undefined) return keys
  }
}

async function textOf(Bucket: string, Key: string): Promise<string> {
  const client = await s3Client()
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
  return (await Body?.transformToString()) ?? ""
}

const s3: MirrorKind = {
  name: "s3",
  skip: noMoto,
  async place(id) {
    const client = await s3Client()
    const CreateBucketConfiguration = { LocationConstraint: MOTO_REGION } as const
    await client.send(
      new CreateBucketCommand({ Bucket: `audit-${id}`, ObjectLockEnabledForBucket: true, CreateBucketConfiguration }),
    )
    return {
      ...(await aws()),
      AUDIT_MIRROR_S3_BUCKET: `audit-${id}`,
      AUDIT_MIRROR_S3_LOCK: "compliance",
      AUDIT_MIRROR_S3_LOCK_DAYS: "30",
      AUDIT_MIRROR_S3_ENTRIES: "7",
    }
  },
  async landed(id) {
    const entries = await keysOf(`audit-${id}`, "tyler-audit/entries/")
    const ends = await keysOf(`audit-${id}`, "tyler-audit/checkpoints/")
    const texts = await Promise.all([...entries, ...ends.slice(-1)].map((key) => textOf(`audit-${id}`, key)))
    return texts.join("")
  },
  unreachable: { AWS_ENDPOINT_URL_S3: NOWHERE },
}

export const MIRROR_KINDS: readonly MirrorKind[] = [file, logs, s3]
