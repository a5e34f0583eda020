import type * as Sdk from "@aws-sdk/client-s3"
import type { CheckRow, Finding } from "./checks.ts"
import type { AwsPlace } from "./client.ts"
import { PERMITTED, refusal } from "./findings.ts"
import { type S3MirrorPlace, lockUntil, s3Settings } from "./s3-mirror.ts"

/** Of nothing that anybody sends. */
const WRONG_MD5 = Buffer.alloc(16).toString("base64")
/** The body came whole and was refused for its checksum, or there is such an object already. */
const REFUSED_UNWRITTEN: ReadonlySet<string> = new Set(["BadDigest", "PreconditionFailed"])

/**
 * What the mirror in S3 needs. Nothing is written: what is put has a wrong checksum, and the key of an object that is
 * there if there is one.
 */
export function s3Checks(place: AwsPlace, to: S3MirrorPlace, now: () => number): readonly CheckRow[] {
  const { bucket: Bucket, prefix, lock } = to
  const absent = `${prefix}/tyler-doctor-absent`
  let present: string | undefined
  let taken = false

  async function using<T>(call: (s3: Sdk.S3Client, sdk: typeof Sdk) => Promise<T>): Promise<T> {
    const sdk = await import("@aws-sdk/client-s3")
    const s3 = new sdk.S3Client(s3Settings(place))
    return call(s3, sdk).finally(() => s3.destroy())
  }

  async function put(more: ReturnType<typeof lockUntil> | object): Promise<Finding> {
    const Key = present ?? absent
    const what = { Bucket, Key, Body: "tyler-server aws doctor", IfNoneMatch: "*", ContentMD5: WRONG_MD5, ...more }
    try {
      await using((s3, { PutObjectCommand }) => s3.send(new PutObjectCommand(what)))
    } catch (error) {
      return error instanceof Error && REFUSED_UNWRITTEN.has(error.name) ? PERMITTED : refusal(error)
    }
    taken = true
    return { state: "note", text: `it is permitted; but a wrong checksum was not refused: ${Key} lies there now` }
  }

  const list: CheckRow = {
    name: "s3 mirror ListBucket",
    on: Bucket,
    tried: "ListObjectsV2 of one object below the prefix",
    async run() {
      try {
        const ask = { Bucket, Prefix: `${prefix}/entries/`, MaxKeys: 1 }
        const { Contents } = await using((s3, { ListObjectsV2Command }) => s3.send(new ListObjectsV2Command(ask)))
        present = Contents?.[0]?.Key
        return PERMITTED
      } catch (error) {
        return refusal(error)
      }
    },
  }
  const get: CheckRow = {
    name: "s3 mirror GetObject",
    on: `${Bucket}/${prefix}/*`,
    tried: "GetObject of a key that is not there, which S3 says to whoever may list",
    async run() {
      try {
        await using((s3, { GetObjectCommand }) => s3.send(new GetObjectCommand({ Bucket, Key: absent })))
      } catch (error) {
        if (!(error instanceof Error && error.name === "NoSuchKey")) return refusal(error)
      }
      return PERMITTED
    },
  }
  const write: CheckRow = {
    name: "s3 mirror PutObject",
    on: `${Bucket}/${prefix}/*`,
    tried: "PutObject with a wrong checksum, which is refused",
    run: () => put({}),
  }
  if (lock === null) return [list, get, write]
  const retain: CheckRow = {
    name: "s3 mirror PutObjectRetention",
    on: `${Bucket}/${prefix}/*`,
    tried: "the same PutObject with a lock",
    async run() {
      if (!taken) return put(lockUntil(lock, now()))
      return { state: "note", text: "not tried: a wrong checksum is not refused here, so an object would be locked" }
    },
  }
  const locked: CheckRow = {
    name: "s3 mirror Object Lock",
    on: Bucket,
    tried: "GetObjectLockConfiguration; the server itself never asks",
    async run() {
      try {
        const { ObjectLockConfiguration: found } = await using((s3, { GetObjectLockConfigurationCommand }) =>
          s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
        )
        if (found?.ObjectLockEnabled === "Enabled") return { state: "ok", text: "the bucket has Object Lock" }
      } catch (error) {
        if (!(error instanceof Error && error.name === "ObjectLockConfigurationNotFoundError")) {
          const { text } = refusal(error)
          return { state: "note", text: `not known whether the bucket has Object Lock: ${text}` }
        }
      }
      return { state: "fault", text: "the bucket has no Object Lock, so an object with a lock is refused" }
    },
  }
  return [list, get, write, retain, locked]
}
