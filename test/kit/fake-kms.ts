import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { once } from "node:events"
import type { AddressInfo } from "node:net"

/** What a key answers with instead of an answer. `slow` never answers; `wrong` opens to other bytes. */
export type KmsMood =
  | "DisabledException"
  | "KMSInvalidStateException"
  | "NotFoundException"
  | "KeyUnavailableException"
  | "AccessDeniedException"
  | "ThrottlingException"
  | "KMSInternalException"
  | "InvalidKeyUsageException"
  | "UnheardOfException"
  | "slow"
  | "wrong"

export interface FakeKms {
  readonly origin: string
  /** Makes a symmetric key. @returns its ARN */
  createKey(): string
  /** Points an alias at a key. */
  alias(name: string, arn: string): void
  /** Every call about the key but DescribeKey answers so; undefined: as it should. */
  mood(arn: string, mood: KmsMood | undefined): void
  /** Calls so far, by name. */
  readonly calls: Map<string, number>
  close(): Promise<void>
}

const STATUS: Partial<Record<string, number>> = { KMSInternalException: 500, KeyUnavailableException: 500 }

interface Body {
  readonly KeyId?: string
  readonly Plaintext?: string
  readonly CiphertextBlob?: string
  readonly EncryptionContext?: Readonly<Record<string, string>>
}

class Refusal extends Error {}

/**
 * KMS as far as we use it, for the states that an emulator does not play. The same suite holds both to it.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 */
export async function fakeKms(region = "eu-central-1"): Promise<FakeKms> {
  const keys = new Map<string, { readonly secret: Buffer; mood: KmsMood | undefined }>()
  const aliases = new Map<string, string>()
  const calls = new Map<string, number>()
  const hanging = new Set<ServerResponse>()

  const arnOf = (id: string): string => {
    const arn = aliases.get(id) ?? [...keys.keys()].find((one) => one === id || one.endsWith(`/${id}`))
    if (arn === undefined) throw new Refusal("NotFoundException")
    return arn
  }
  const cipherKey = (arn: string): Buffer =>
    Buffer.from(hkdfSync("sha256", keys.get(arn)?.secret ?? Buffer.alloc(0), "", arn, 32))

  function encrypt(arn: string, body: Body): object {
    const iv = randomBytes(12)
    const cipher = createCipheriv("aes-256-gcm", cipherKey(arn), iv).setAAD(contextBytes(body))
    const text = Buffer.concat([cipher.update(Buffer.from(body.Plaintext ?? "", "base64")), cipher.final()])
    const blob = Buffer.concat([Buffer.from([arn.length]), Buffer.from(arn), iv, cipher.getAuthTag(), text])
    return { KeyId: arn, CiphertextBlob: blob.toString("base64"), EncryptionAlgorithm: "SYMMETRIC_DEFAULT" }
  }

  function decrypt(arn: string, body: Body): object {
    const blob = Buffer.from(body.CiphertextBlob ?? "", "base64")
    const end = 1 + (blob[0] ?? 0)
    const by = blob.subarray(1, end).toString()
    if (!keys.has(by)) throw new Refusal("InvalidCiphertextException")
    if (by !== arn) throw new Refusal("IncorrectKeyException")
    const decipher = createDecipheriv("aes-256-gcm", cipherKey(arn), blob.subarray(end, end + 12))
    decipher.setAAD(contextBytes(body)).setAuthTag(blob.subarray(end + 12, end + 28))
    try {
      const text = Buffer.concat([decipher.update(blob.subarray(end + 28)), decipher.final()])
      if (keys.get(arn)?.mood === "wrong") text.fill(7)
      return { KeyId: arn, Plaintext: text.toString("base64"), EncryptionAlgorithm: "SYMMETRIC_DEFAULT" }
    } catch {
      throw new Refusal("InvalidCiphertextException")
    }
  }

  function answerTo(action: string, body: Body): object | "slow" {
    const arn = arnOf(body.KeyId ?? "")
    if (action === "DescribeKey") {
      const disabled = keys.get(arn)?.mood === "DisabledException"
      return {
        KeyMetadata: {
          Arn: arn,
          KeyId: arn.slice(arn.lastIndexOf("/") + 1),
          AWSAccountId: "123456789012",
          Enabled: !disabled,
          KeyState: disabled ? "Disabled" : "Enabled",
          KeyUsage: "ENCRYPT_DECRYPT",
          KeySpec: "SYMMETRIC_DEFAULT",
        },
      }
    }
    const mood = keys.get(arn)?.mood
    if (mood === "slow") return mood
    if (mood !== undefined && mood !== "wrong") throw new Refusal(mood)
    return action === "Encrypt" ? encrypt(arn, body) : decrypt(arn, body)
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.headers["x-amz-target"]
    const action = (typeof target === "string" ? target : "").replace("TrentService.", "")
    calls.set(action, (calls.get(action) ?? 0) + 1)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const say = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() })
      response.end(JSON.stringify(body))
    }
    try {
      const answer = answerTo(action, JSON.parse(Buffer.concat(chunks).toString()) as Body)
      if (answer === "slow") hanging.add(response)
      else say(200, answer)
    } catch (error) {
      const type = error instanceof Refusal ? error.message : "KMSInternalException"
      say(STATUS[type] ?? 400, { __type: type, message: "a text with arn:aws:iam::123456789012:role/canary in it" })
    }
  }

  const server = createServer((request, response) => void serve(request, response)).listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    createKey() {
      const arn = `arn:aws:kms:${region}:123456789012:key/${randomUUID()}`
      keys.set(arn, { secret: randomBytes(32), mood: undefined })
      return arn
    },
    alias: (name, arn) => void aliases.set(name, arn),
    mood(arn, mood) {
      const key = keys.get(arn)
      if (key !== undefined) key.mood = mood
    },
    calls,
    async close() {
      for (const response of hanging) response.destroy()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function contextBytes({ EncryptionContext = {} }: Body): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(EncryptionContext).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}
