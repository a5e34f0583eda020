import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface StsKey {
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly arn: string
  readonly account: string
}

/** What it answers with in place of an answer. */
export type StsMood =
  | { readonly status: number; readonly type?: string; readonly body?: string; readonly location?: string }
  | "slow"
  | "endless"

export interface FakeSts {
  readonly origin: string
  /** By access key id. */
  readonly keys: Map<string, StsKey>
  mood: StsMood | undefined
  /** How far its clock is from ours, in ms. */
  clockOff: number
  /** Requests so far, as they came. */
  readonly seen: { readonly path: string; readonly headers: readonly string[]; readonly body: string }[]
  close(): Promise<void>
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex")
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

/**
 * An STS that does what the emulator does not: it verifies signatures, from the request as it came and nothing else.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function fakeSts(region: string): Promise<FakeSts> {
  const keys = new Map<string, StsKey>()
  const seen: FakeSts["seen"] = []

  function verify(request: IncomingMessage, body: string): StsKey | string {
    const found =
      /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
        request.headers.authorization ?? "",
      )
    if (found === null) return "IncompleteSignature"
    const [, id = "", day = "", scopeRegion = "", service = "", names = "", signature = ""] = found
    const key = keys.get(id)
    if (key === undefined) return "InvalidClientTokenId"
    if (scopeRegion !== region || service !== "sts") return "SignatureDoesNotMatch"
    if ((key.sessionToken ?? undefined) !== request.headers["x-amz-security-token"]) return "InvalidClientTokenId"
    const date = String(request.headers["x-amz-date"])
    const lines = names.split(";").map((name) => `${name}:${String(request.headers[name] ?? "").trim()}\n`)
    const canonical = [request.method, request.url, "", lines.join(""), names, sha256(body)].join("\n")
    const scope = `${day}/${scopeRegion}/${service}/aws4_request`
    const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n")
    const signing = hmac(hmac(hmac(hmac(`AWS4${key.secretAccessKey}`, day), scopeRegion), service), "aws4_request")
    return timingSafeEqual(hmac(signing, text), Buffer.from(signature, "hex")) ? key : "SignatureDoesNotMatch"
  }

  function say(response: ServerResponse, { status, type = "text/xml", body = "", location }: Exclude<StsMood, string>) {
    const date = new Date(Date.now() + sts.clockOff).toUTCString()
    response.writeHead(status, { date, "content-type": type, ...(location === undefined ? {} : { location }) })
    response.end(body)
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    seen.push({ path: `${request.method} ${request.url}`, headers: request.rawHeaders, body })
    const { mood } = sts
    if (mood === "slow") return
    if (mood === "endless") {
      response.writeHead(200, { "content-type": "text/xml" })
      const more = (): void => {
        while (!response.destroyed && response.write(" ".repeat(16_384)));
      }
      response.on("drain", more)
      return more()
    }
    if (mood !== undefined) return say(response, mood)
    const key = verify(request, body)
    if (typeof key === "string") return say(response, { status: 403, body: errorXml(key) })
    say(response, { status: 200, body: identityXml(key) })
  }

  const server = createServer((request, response) => void serve(request, response)).listen(0, "127.0.0.1")
  await once(server, "listening")
  const sts: FakeSts = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    mood: undefined,
    clockOff: 0,
    seen,
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
  return sts
}

export function identityXml({ arn, account }: Pick<StsKey, "arn" | "account">): string {
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>${arn}</Arn>
    <UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>
    <Account>${account}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`
}

export function errorXml(code: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>${code}</Code>
    <Message>No.</Message>
  </Error>
  <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
</ErrorResponse>
`
}
