import type { AwsPlace } from "../adapters/aws/client.ts"
import { isLoopbackName } from "../http/address.ts"
import { type Kind, shaped } from "./kinds.ts"
import type { Has } from "./rules.ts"
import type { Values } from "./settings.ts"
import { bareHost } from "./urls.ts"

export interface AwsConfig {
  readonly place: AwsPlace
  /** null: any. */
  readonly accountId: string | null
  /** The KMS keys that may wrap the keyring, as they were named; null: the root key file does. */
  readonly kms: { readonly keyId: string; readonly nextKeyId: string | null } | null
}

export const kmsKey: Kind<string> = shaped("a KMS key id, alias or ARN", /^[A-Za-z0-9:/_-]{1,2048}$/)

export const redisUrl: Kind<string> = {
  accepts: "`rediss://:PASSWORD@HOST`, or `redis://` without TLS",
  parse: (text) => {
    const url = URL.parse(text)
    if (url === null || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "")
      return { fault: "must be a rediss:// or redis:// URL" }
    if (!/^(?:\/\d{0,3})?$/.test(url.pathname) || url.search !== "" || url.hash !== "")
      return { fault: "must end after host, port and the number of a database" }
    return { value: text }
  },
}

const MOST_KEYS = 32

export const kmsKeys: Kind<readonly string[]> = {
  accepts: `1 to ${MOST_KEYS} KMS keys separated by commas`,
  parse(text, cwd) {
    const keys = text.split(",").map((key) => key.trim())
    if (keys.length > MOST_KEYS) return { fault: `must be at most ${MOST_KEYS} KMS keys` }
    const faulty = keys.map((key) => kmsKey.parse(key, cwd)).find((parsed) => "fault" in parsed)
    return faulty !== undefined && "fault" in faulty ? faulty : { value: keys }
  },
}

const MOST_FUNCTIONS = 32
const FUNCTION = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9-_]{1,64}(?::[A-Za-z0-9-_$]{1,128})?$/

export const rotationFunctions: Kind<readonly string[]> = {
  accepts: `1 to ${MOST_FUNCTIONS} ARNs of Lambda functions separated by commas`,
  parse(text) {
    const arns = text.split(",").map((arn) => arn.trim())
    const faulty = arns.length > MOST_FUNCTIONS || !arns.every((arn) => FUNCTION.test(arn))
    return faulty ? { fault: `must be ${rotationFunctions.accepts}` } : { value: arns }
  },
}

/** Bare, because a path or a query would move every request elsewhere. */
export const awsEndpoint: Kind<string> = {
  accepts: "`https://` origin; `http://` on this machine or in development",
  parse: (text) => {
    const url = URL.parse(text)
    if (url === null || !["http:", "https:"].includes(url.protocol)) return { fault: "must be an https:// URL" }
    if (text !== url.origin && text !== `${url.origin}/`)
      return { fault: `must be a bare origin, spelled ${JSON.stringify(url.origin)}: no path, query or user` }
    return { value: url.origin }
  },
}

const ENDPOINTS = [
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_KMS",
  "AWS_ENDPOINT_URL_STS",
  "AWS_ENDPOINT_URL_SECRETS_MANAGER",
  "AWS_ENDPOINT_URL_CLOUDWATCH",
  "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
  "AWS_ENDPOINT_URL_S3",
] as const

/** Rules that join several of the variables above. */
export function awsFaults(values: Values, has: Has): string[] {
  const { KMS_KEY_ID: key, KMS_NEXT_KEY_ID: next, AWS_REGION: region } = values
  const faults: string[] = []
  if (values.SECRETS_BACKEND === "aws") {
    if (!has("AWS_REGION")) faults.push("SECRETS_BACKEND=aws needs AWS_REGION: no Region is assumed")
    if (!has("DATABASE_URL"))
      faults.push("SECRETS_BACKEND=aws needs DATABASE_URL: the catalog and the log are in PostgreSQL")
  } else
    for (const name of ["SECRETS_KMS_KEYS", "REDIS_URL"] as const)
      if (has(name)) faults.push(`${name} has no meaning without SECRETS_BACKEND=aws`)
  if (has("KMS_KEY_ID") && !has("AWS_REGION")) faults.push("KMS_KEY_ID needs AWS_REGION: no Region is assumed")
  if (has("KMS_NEXT_KEY_ID") && !has("KMS_KEY_ID"))
    faults.push("KMS_NEXT_KEY_ID has no meaning without KMS_KEY_ID; name the only key in KMS_KEY_ID")
  if (key !== undefined && key === next) faults.push("KMS_NEXT_KEY_ID is the same key as KMS_KEY_ID")
  for (const name of ["KMS_KEY_ID", "KMS_NEXT_KEY_ID"] as const) {
    const elsewhere = regionOfArn(values[name] ?? "")
    if (region !== undefined && elsewhere !== undefined && elsewhere !== region)
      faults.push(`${name} is a key in ${elsewhere}, and AWS_REGION is ${region}`)
  }
  if (values.TYLER_ENVIRONMENT === "development") return faults
  for (const name of ENDPOINTS) {
    const url = URL.parse(values[name] ?? "")
    // Keys and credentials would travel in clear.
    if (url?.protocol === "http:" && !isLoopbackName(bareHost(url)))
      faults.push(`${name} must be https:// unless its host is this machine or TYLER_ENVIRONMENT=development`)
  }
  return faults
}

function regionOfArn(text: string): string | undefined {
  return /^arn:aws[a-z-]*:kms:([a-z0-9-]+):/.exec(text)?.[1]
}

export function awsOf(values: Values): AwsConfig | null {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: every = null, KMS_KEY_ID: keyId } = values
  if (region === undefined) return null
  return {
    place: {
      region,
      endpoints: {
        kms: values.AWS_ENDPOINT_URL_KMS ?? every,
        sts: values.AWS_ENDPOINT_URL_STS ?? every,
        secretsmanager: values.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? every,
        monitoring: values.AWS_ENDPOINT_URL_CLOUDWATCH ?? every,
        logs: values.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS ?? every,
        s3: values.AWS_ENDPOINT_URL_S3 ?? every,
      },
    },
    accountId: values.AWS_ACCOUNT_ID ?? null,
    kms: keyId === undefined ? null : { keyId, nextKeyId: values.KMS_NEXT_KEY_ID ?? null },
  }
}
