import type { S3Client } from "@aws-sdk/client-s3"
import { type Block, type EntryMirror, MirrorFault, type Tip, tipOf } from "../../audit/entry-mirror.ts"
import type { Clock } from "../../core/clock.ts"
import { type AwsPlace, clientSettings } from "./client.ts"
import { serviceCause } from "./service-fault.ts"

export interface S3MirrorPlace {
  readonly bucket: string
  readonly prefix: string
  /** null: as the bucket has it. */
  readonly lock: { readonly mode: "COMPLIANCE" | "GOVERNANCE"; readonly days: number } | null
  readonly entries: number
  readonly seconds: number
}

const DAY_MS = 86_400_000
/** 2^53 has sixteen, so keys sort as their numbers do. */
const DIGITS = 16

/**
 * `PREFIX/entries/INDEX.ndjson`: a block, named by its first entry. `PREFIX/checkpoints/SIZE.json`: the export's last
 * line over the entries up to there. Each is written once (`If-None-Match: *`), so of two writers one is refused and
 * looks again, and nothing is ever replaced.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function s3Mirror(place: AwsPlace, to: S3MirrorPlace, clock: Clock): EntryMirror {
  let client: S3Client | undefined
  const keyOf = (index: number): string => `${to.prefix}/entries/${number(index)}.ndjson`

  async function sdk() {
    const loaded = await import("@aws-sdk/client-s3")
    client ??= new loaded.S3Client(s3Settings(place))
    return { client, ...loaded }
  }

  async function put(Key: string, text: string): Promise<void> {
    const { client: s3, PutObjectCommand } = await sdk()
    const lock = to.lock === null ? {} : lockUntil(to.lock, clock.now())
    const object = {
      Bucket: to.bucket,
      Key,
      Body: text,
      ContentType: "application/x-ndjson",
      IfNoneMatch: "*",
      ...lock,
    }
    await s3.send(new PutObjectCommand(object))
  }

  /** The first object of entries whose first index is `from` or more. */
  async function firstFrom(from: number): Promise<number | undefined> {
    const { client: s3, ListObjectsV2Command } = await sdk()
    const Prefix = `${to.prefix}/entries/`
    const after = from === 0 ? {} : { StartAfter: keyOf(from - 1) }
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: to.bucket, Prefix, MaxKeys: 1, ...after }))
    const found = Contents?.[0]?.Key
    return found === undefined ? undefined : Number(/(\d{16})\.ndjson$/.exec(found)?.[1] ?? Number.NaN)
  }

  /** By halving: about 30 requests for a thousand million entries, where listing them all takes as many pages as hours. */
  async function lastObject(size: number): Promise<number | undefined> {
    const beyond = await firstFrom(size)
    if (beyond !== undefined) return beyond
    let last = await firstFrom(0)
    if (last === undefined) return undefined
    for (let low = last + 1, high = size; low < high; ) {
      const middle = low + Math.floor((high - low) / 2)
      const found = await firstFrom(middle)
      if (found === undefined) high = middle
      else {
        last = found
        low = found + 1
      }
    }
    return last
  }

  async function tip(size: number): Promise<Tip | null> {
    const first = await lastObject(size)
    if (first === undefined) return null
    const { client: s3, GetObjectCommand } = await sdk()
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: to.bucket, Key: keyOf(first) }))
    const lines = ((await Body?.transformToString()) ?? "").split("\n")
    const found = tipOf(lines.slice(-2))
    // Going on after something else would be a gap that nobody sees until it is too late.
    if (found === null) throw new MirrorFault("foreign_object")
    return found
  }

  async function append({ from, lines, header, end }: Block): Promise<void> {
    const text = `${from === 0 ? `${header}\n` : ""}${lines.join("\n")}\n`
    await put(keyOf(from), text)
    await put(`${to.prefix}/checkpoints/${number(from + lines.length)}.json`, `${end}\n`).catch((error: unknown) => {
      // Another replica's, over the same entries.
      if (!isTaken(error)) throw error
    })
  }

  return {
    name: "s3",
    most: to.entries,
    gatherMs: to.seconds * 1000,
    tip: (size) => asked(() => tip(size)),
    append: (block) => asked(() => append(block)),
    close: () => client?.destroy(),
  }
}

/** An endpoint of one's own has no name for each bucket. */
export function s3Settings(place: AwsPlace): ReturnType<typeof clientSettings> & { readonly forcePathStyle: boolean } {
  return { ...clientSettings(place, "s3"), forcePathStyle: (place.endpoints.s3 ?? null) !== null }
}

/** As a part of PutObject. @param now milliseconds since 1970 UTC */
export function lockUntil({ mode, days }: NonNullable<S3MirrorPlace["lock"]>, now: number) {
  return { ObjectLockMode: mode, ObjectLockRetainUntilDate: new Date(now + days * DAY_MS) }
}

function number(index: number): string {
  return String(index).padStart(DIGITS, "0")
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof MirrorFault) throw error
    throw new MirrorFault(isTaken(error) ? "taken" : serviceCause(error))
  }
}

/** There is an object of that key, or another writer is just making one. */
function isTaken(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  return name === "PreconditionFailed" || $metadata?.httpStatusCode === 412 || name === "ConditionalRequestConflict"
}
