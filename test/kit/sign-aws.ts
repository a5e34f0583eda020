import { createHash, createHmac } from "node:crypto"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { type RawAnswer, sendRaw } from "./raw.ts"

/** SigV4 written a second time: a client of somebody else's, every part of which can be made wrong. */
export interface Signed {
  readonly key: Pick<IssuedAccessKey, "accessKeyId" | "secretAccessKey">
  readonly host: string
  /** Milliseconds since 1970 UTC. */
  readonly now: number
  /** After `secretsmanager.`; null: no such header. */
  readonly operation?: string | null
  readonly body?: string
  readonly region?: string
  readonly service?: string
  readonly path?: string
  /** Signed headers beside the usual ones, lower case; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Left out of SignedHeaders. */
  readonly unsigned?: readonly string[]
}

export interface Prepared {
  readonly path: string
  /** In the order in which they are sent. */
  readonly headers: [string, string][]
  readonly body: Buffer
}

const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex")
const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest()

export function sign(wanted: Signed): Prepared {
  const { key, host, now, operation = "GetSecretValue", region = "us-east-1", service = "secretsmanager" } = wanted
  const { path = "/", unsigned = [] } = wanted
  const body = Buffer.from(wanted.body ?? "{}", "utf8")
  const stamp = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "")
  const all: Record<string, string | undefined> = {
    host,
    "content-type": "application/x-amz-json-1.1",
    "x-amz-date": stamp,
    ...(operation === null ? {} : { "x-amz-target": `secretsmanager.${operation}` }),
    ...wanted.headers,
  }
  const headers = Object.entries(all)
    .filter((one): one is [string, string] => one[1] !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const signed = headers.filter(([name]) => !unsigned.includes(name))
  const names = signed.map(([name]) => name).join(";")
  const [bare = "", query = ""] = path.split("?", 2)
  const canonical = ["POST", bare, query, ...signed.map(([name, value]) => `${name}:${value}`), "", names, sha256(body)]
  const scope = `${stamp.slice(0, 8)}/${region}/${service}/aws4_request`
  const toSign = ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical.join("\n"))].join("\n")
  const day = hmac(`AWS4${key.secretAccessKey}`, stamp.slice(0, 8))
  const signature = hmac(hmac(hmac(hmac(day, region), service), "aws4_request"), toSign).toString("hex")
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { path, headers: [...headers, ["authorization", authorization]], body }
}

export interface AwsRaw extends RawAnswer {
  /** `__type` of an error. */
  readonly code: string
  readonly message: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Sends it as it is. @param change the last word on every line */
export async function sendSigned(
  port: number,
  wanted: Signed,
  change: (prepared: Prepared) => Prepared = (same) => same,
): Promise<AwsRaw> {
  const { path, headers, body } = change(sign(wanted))
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  const head = [`POST ${path} HTTP/1.1`, ...lines, `content-length: ${body.byteLength}`, "connection: close"]
  const bytes = Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), body])
  const answer = await sendRaw(port, bytes)
  const parsed = answer.text.startsWith("{") ? (JSON.parse(answer.text) as Record<string, unknown>) : {}
  const { __type: code, Message: message } = parsed
  return {
    ...answer,
    body: parsed,
    code: typeof code === "string" ? code : "",
    message: typeof message === "string" ? message : "",
  }
}
