import { createHmac, hash } from "node:crypto"
import type { KMSClient } from "@aws-sdk/client-kms"
import { equalBytes, lengthPrefixed, wipe } from "../../core/bytes.ts"
import { TylerError } from "../../core/errors.ts"
import type { KeyWrapper, RootKey, WrapContext } from "../../envelope/kek.ts"
import { type AwsPlace, clientSettings } from "./client.ts"
import { kmsFault } from "./kms-faults.ts"

/** How long a key that KMS has unwrapped is used; half of it passes before KMS is asked again. */
export const KMS_KEYS_MS = 300_000

const ANSWER_BYTES = 16

export interface KmsSettings {
  readonly place: AwsPlace
  /** Key id, alias or ARN, as the operator named it. */
  readonly keyId: string
  /** Bound to every key: what is wrapped in development does not open in production. */
  readonly environment: string
}

/**
 * A KMS key as the root of trust. Which key it is, is asked once: an alias that is moved later changes nothing in a
 * running process, and every call names the key by its ARN. @throws TylerError `unavailable` with a cause
 */
export async function kmsRootKey(settings: KmsSettings): Promise<RootKey> {
  const kms = await kmsClient(settings.place)
  const { arn: keyArn } = await kms.describe(settings.keyId)
  return {
    check: checkOf(keyArn),
    name: { kind: "kms", keyArn },
    wrapper: kmsKeyWrapper(kms, keyArn, settings.environment),
    goodForMs: KMS_KEYS_MS,
  }
}

/** Says which key wraps a database, and nothing else; the keys it wraps carry their own known answers. */
function checkOf(keyArn: string): Uint8Array {
  return hash("sha256", lengthPrefixed(["tyler-kms-root-key/1", keyArn]), "buffer")
}

/**
 * Known answer, 16 bytes | what KMS gave. The known answer is a code of the key under itself: should KMS, or who poses
 * as KMS, open it to another key, that is found here and not by what is sealed or signed with it.
 */
function kmsKeyWrapper(kms: Kms, keyArn: string, environment: string): KeyWrapper {
  const contextOf = ({ purpose, keyId }: WrapContext): Record<string, string> => ({
    app: "tyler-setup",
    environment,
    purpose,
    keyId,
  })
  return {
    async wrap(key, context) {
      const blob = await kms.encrypt(keyArn, key, contextOf(context))
      return Buffer.concat([answerOf(key, context), blob])
    },
    async unwrap(wrapped, context) {
      const key = await kms.decrypt(keyArn, wrapped.subarray(ANSWER_BYTES), contextOf(context))
      if (equalBytes(answerOf(key, context), wrapped.subarray(0, ANSWER_BYTES))) return key
      wipe(key)
      const text = "KMS opened a key of the keyring to something else than was wrapped"
      throw new TylerError("unavailable", { cause: "kms_wrong_answer", error: text }, `key ${context.keyId}`)
    },
  }
}

function answerOf(key: Uint8Array, { purpose, keyId }: WrapContext): Buffer {
  const place = lengthPrefixed(["tyler-kms-answer/1", purpose, keyId])
  return createHmac("sha256", key).update(place).digest().subarray(0, ANSWER_BYTES)
}

export interface KmsKey {
  readonly arn: string
  /** `Enabled`, or why it cannot be used. */
  readonly state: string
  readonly usage: string
  readonly spec: string
}

/** The three calls that are made of KMS; their errors are ours. */
export interface Kms {
  /** kms:DescribeKey */
  describe(keyId: string): Promise<KmsKey>
  /** kms:Encrypt */
  encrypt(keyArn: string, key: Uint8Array, context: Record<string, string>): Promise<Uint8Array>
  /** kms:Decrypt, of what that key has encrypted only. The bytes are the caller's to wipe. */
  decrypt(keyArn: string, blob: Uint8Array, context: Record<string, string>): Promise<Uint8Array>
}

/** Imported when a key is named: the SDK takes 60 ms and 20 MB that others do not pay. */
export async function kmsClient(place: AwsPlace): Promise<Kms> {
  const { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient } = await import("@aws-sdk/client-kms")
  const client: KMSClient = new KMSClient(clientSettings(place, "kms"))
  const had = <T>(value: T | undefined, asked: string): T => {
    if (value === undefined) throw new TylerError("unavailable", ODD, `${asked}: an answer without it`)
    return value
  }
  return {
    describe: (KeyId) =>
      asked("DescribeKey", async () => {
        const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId }))
        const known = (text: string | undefined): string => text ?? "unknown"
        return {
          arn: had(key?.Arn, "DescribeKey"),
          state: known(key?.KeyState),
          usage: known(key?.KeyUsage),
          spec: known(key?.KeySpec),
        }
      }),
    encrypt: (KeyId, Plaintext, EncryptionContext) =>
      asked("Encrypt", async () => {
        const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
        return had(CiphertextBlob, "Encrypt")
      }),
    decrypt: (KeyId, CiphertextBlob, EncryptionContext) =>
      asked("Decrypt", async () => {
        const { Plaintext } = await client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext }))
        return had(Plaintext, "Decrypt")
      }),
  }
}

const ODD = { cause: "kms_failed", error: "KMS answers in a way that is not known here" }

async function asked<T>(call: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw kmsFault(error, call)
  }
}
