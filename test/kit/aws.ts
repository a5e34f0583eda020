import { execFile, spawn, spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as sdk from "@aws-sdk/client-secrets-manager"

/** Something that speaks the Secrets Manager API, and a key to it. */
export interface AwsTarget {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * An answer with its times as seconds since 1970 and its bytes as base64, whichever client read it: what any operation may
 * answer, for the tests say which members they expect.
 */
export interface AwsAnswer {
  readonly ARN: string
  readonly Name: string
  readonly VersionId: string
  readonly VersionStages: readonly string[]
  readonly SecretString: string
  readonly SecretBinary: string
  readonly Description?: string
  readonly DeletionDate: number
  readonly DeletedDate: number
  readonly LastAccessedDate: number
  readonly LastChangedDate: number
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[]
  readonly VersionIdsToStages?: Readonly<Record<string, readonly string[]>>
  readonly SecretVersionsToStages?: Readonly<Record<string, readonly string[]>>
  readonly SecretList: readonly AwsAnswer[]
  readonly SecretValues: readonly AwsAnswer[]
  readonly Errors?: readonly { readonly SecretId: string; readonly ErrorCode: string; readonly Message: string }[]
  readonly Versions: readonly (Pick<AwsAnswer, "VersionId"> &
    Partial<Pick<AwsAnswer, "VersionStages" | "LastAccessedDate">> & { readonly KmsKeyIds?: readonly string[] })[]
  readonly NextToken?: string
  readonly RandomPassword: string
  readonly RotationEnabled?: boolean
  readonly RotationLambdaARN?: string
  readonly RotationRules?: Readonly<Record<string, string | number>>
  readonly LastRotatedDate?: number
  readonly NextRotationDate?: number
}

/** One of AWS's own clients. `SecretBinary` is given as base64. */
export interface AwsClient {
  call(operation: string, input?: object): Promise<AwsAnswer>
  /** Every page, by the client's own paginator. */
  pages(operation: string, input?: object): Promise<readonly AwsAnswer[]>
  close(): void
}

export class AwsRefused extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(message)
    this.name = code
    this.code = code
    this.status = status
  }
}

/** AWS SDK for JavaScript v3. */
export function sdkClient({ endpoint, region, accessKeyId, secretAccessKey }: AwsTarget): AwsClient {
  const credentials = { accessKeyId, secretAccessKey }
  const client = new sdk.SecretsManagerClient({ endpoint, region, credentials, maxAttempts: 1 })
  const all = sdk as unknown as Record<string, new (input: object) => never>
  async function call(operation: string, input: object = {}): Promise<AwsAnswer> {
    const Command = all[`${operation}Command`]
    if (Command === undefined) throw new Error(`the SDK has no ${operation}`)
    try {
      const { $metadata: _, ...answer } = (await client.send(new Command(withBytes(input)))) as object as {
        $metadata: unknown
      }
      return plain(answer) as AwsAnswer
    } catch (error) {
      const { name, message, $metadata } = error as {
        name: string
        message: string
        $metadata?: sdk.SecretsManagerServiceException["$metadata"]
      }
      throw new AwsRefused(name, message, $metadata?.httpStatusCode ?? 0)
    }
  }
  return {
    call,
    async pages(operation, input = {}) {
      const pages: AwsAnswer[] = []
      let NextToken: string | undefined
      do {
        const page = await call(operation, NextToken === undefined ? input : { ...input, NextToken })
        pages.push(page)
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      return pages
    },
    close: () => client.destroy(),
  }
}

function withBytes(input: object): object {
  const { SecretBinary: base64 } = input as { SecretBinary?: string }
  return base64 === undefined ? input : { ...input, SecretBinary: Buffer.from(base64, "base64") }
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  const given = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(given.map(([name, member]) => [name, plain(member)]))
}

const DRIVER = fileURLToPath(new URL("aws-driver.py", import.meta.url))

/** boto3, whose botocore holds every answer to AWS's model. */
export function botoClient(target: AwsTarget): AwsClient {
  const child = spawn("python3", [DRIVER, JSON.stringify(target)], { stdio: ["pipe", "pipe", "inherit"] })
  const waiting: ((line: string) => void)[] = []
  createInterface(child.stdout).on("line", (line) => waiting.shift()?.(line))
  async function ask<Answer>(operation: string, input: object, paged: boolean): Promise<Answer> {
    const line = new Promise<string>((resolve) => waiting.push(resolve))
    child.stdin.write(`${JSON.stringify({ operation, input, paged })}\n`)
    const said = JSON.parse(await line) as
      | { answer: Answer }
      | { refused: { code: string; message: string; status: number } }
    if ("answer" in said) return said.answer
    throw new AwsRefused(said.refused.code, said.refused.message, said.refused.status)
  }
  return {
    call: (operation, input = {}) => ask(operation, input, false),
    pages: (operation, input = {}) => ask(operation, input, true),
    close: () => child.stdin.end(),
  }
}

/** The AWS command line; a process for each call. It turns its pages by itself. */
export function cliClient({ endpoint, region, accessKeyId, secretAccessKey }: AwsTarget): AwsClient {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
    AWS_CLI_BINARY_FORMAT: "base64",
  }
  async function call(operation: string, input: object = {}): Promise<AwsAnswer> {
    const { MaxResults: pageSize, ...given } = input as { MaxResults?: number }
    const paging = pageSize === undefined ? [] : ["--page-size", String(pageSize)]
    const command = operation.replace(/(?<!^)(?=[A-Z])/g, "-").toLowerCase()
    const args = [command, "--region", region, "--output", "json", ...paging, "--cli-input-json", JSON.stringify(given)]
    return new Promise((resolve, reject) => {
      execFile("aws", ["secretsmanager", ...args], { env }, (error, stdout, stderr) => {
        if (error === null)
          return resolve(timesAsSeconds(JSON.parse(stdout.trim() === "" ? "{}" : stdout)) as AwsAnswer)
        const [, code = "", message = ""] = /\((\w+)\) when calling the \w+ operation: ([^]*)$/.exec(stderr) ?? []
        reject(new AwsRefused(code, code === "" ? stderr : message.trim(), 400))
      })
    })
  }
  return { call, pages: async (operation, input) => [await call(operation, input)], close: () => undefined }
}

/** Version 2 of the command line prints times as ISO 8601 by default, version 1 as seconds. */
function timesAsSeconds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timesAsSeconds)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name.endsWith("Date") && typeof member === "string" ? Date.parse(member) / 1000 : timesAsSeconds(member),
    ]),
  )
}

const required = new Set((process.env["TYLER_TEST_REQUIRE"] ?? "").split(","))

function missing(what: string, command: string, args: readonly string[]): string | false {
  if (required.has(what)) return false
  return spawnSync(command, args, { stdio: "ignore" }).status === 0 ? false : what
}

/** What a test that wants the client is skipped for; false where there is one, or must be. */
export const noBoto = (): string | false => missing("boto3", "python3", ["-c", "import boto3"])
export const noAwsCli = (): string | false => missing("aws-cli", "aws", ["--version"])
