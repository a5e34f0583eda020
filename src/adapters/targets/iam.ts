import { setTimeout as pause } from "node:timers/promises"
import type { IAMClient } from "@aws-sdk/client-iam"
import { foreignCode, RotationFault } from "../../rotation/fault.ts"
import { invalid, type JsonObject, objectOf, optionalTextIn, textIn } from "../../rotation/secret-json.ts"
import type { Held, StepContext, Steps } from "../../rotation/steps.ts"

/** A user's access key as its secret has it. */
interface Key {
  readonly all: JsonObject
  readonly username: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

function keyOf(text: string, whose?: string): Key {
  const all = objectOf(text, whose)
  if (textIn(all, "engine", 40) !== "aws-iam") throw invalid("engine", "is not aws-iam")
  const username = textIn(all, "username", 64)
  if (!/^[\w+=,.@-]{1,64}$/.test(username)) throw invalid("username", "is no name of an IAM user")
  const accessKeyId = textIn(all, "accessKeyId", 128)
  if (!/^\w{16,128}$/.test(accessKeyId)) throw invalid("accessKeyId", "is no access key id")
  const region = optionalTextIn(all, "region", 40) ?? "us-east-1"
  if (!/^[a-z]{2}(-[a-z]+)+-[0-9]$/.test(region)) throw invalid("region", "is no region")
  return { all, username, accessKeyId, secretAccessKey: textIn(all, "secretAccessKey", 256), region }
}

/** IAM is slow to tell all of AWS of a key; these sum up to 31 s. */
const WAITS_MS = [0, 1000, 2000, 4000, 8000, 16_000]
const LIMITS = { connectionTimeout: 5000, requestTimeout: 15_000 }

const UNKNOWN_KEY: ReadonlySet<string> = new Set([
  "InvalidClientTokenId",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
  "ExpiredToken",
])

/** Who the key is of, by AWS's own word. @returns undefined for a key that AWS does not know */
async function arnOf(key: Key, context: StepContext): Promise<string | undefined> {
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts")
  const client = new STSClient({ region: key.region, credentials: key, requestHandler: LIMITS, maxAttempts: 2 })
  try {
    return (await client.send(new GetCallerIdentityCommand({}), { abortSignal: context.signal })).Arn ?? ""
  } catch (error) {
    const fault = faultOf(error)
    if (fault === undefined) return undefined
    throw fault
  } finally {
    client.destroy()
  }
}

/**
 * @returns undefined for "no such key"
 * @throws what is none of AWS's: whoever runs the steps may end them between two effects
 */
function faultOf(error: unknown): RotationFault | undefined {
  if (error instanceof RotationFault) return error
  if (typeof error !== "object" || error === null || !("$metadata" in error || isAbort(error))) throw error
  const name = error instanceof Error ? error.name : ""
  if (UNKNOWN_KEY.has(name)) return undefined
  const code = /^[A-Za-z]{1,60}$/.test(name) && name !== "Error" ? name : foreignCode(error)
  if (name.startsWith("AccessDenied")) return new RotationFault("not_permitted", { code })
  if (name === "LimitExceededException" || name === "LimitExceeded")
    return new RotationFault("account_unsuitable", {
      reason: "the user has two keys that are not of this secret",
      code,
    })
  const answered = "$response" in error
  return new RotationFault(answered ? "target_failed" : "target_unreachable", { code })
}

function isAbort(error: object): boolean {
  return error instanceof Error && ["AbortError", "TimeoutError"].includes(error.name)
}

/** As the administrator's key, if the secret names one, else as the current key. */
async function withIam<T>(held: Held, key: Key, act: (client: IAMClient) => Promise<T>): Promise<T> {
  const admin = held.admin === undefined ? undefined : keyOf(held.admin, "masterarn")
  if (admin === undefined && key.all["masterarn"] !== undefined) throw new RotationFault("admin_missing")
  const { IAMClient: Client } = await import("@aws-sdk/client-iam")
  const client = new Client({ region: key.region, credentials: admin ?? key, requestHandler: LIMITS, maxAttempts: 2 })
  try {
    return await act(client)
  } catch (error) {
    const fault = faultOf(error) ?? new RotationFault(admin === undefined ? "current_refused" : "admin_refused")
    throw fault.code === "not_permitted" && admin !== undefined
      ? new RotationFault("admin_not_permitted", fault.facts)
      : fault
  } finally {
    client.destroy()
  }
}

/** The guard: the current key is good, and is of the user whose keys are about to change. */
async function mustBeOf(key: Key, context: StepContext): Promise<void> {
  const arn = await arnOf(key, context)
  if (arn === undefined) throw new RotationFault("current_refused")
  if (arn.split("/").at(-1) !== key.username || !arn.includes(":user/"))
    throw new RotationFault("account_unsuitable", { field: "username", reason: "the key is of somebody else" })
}

async function idsOf(client: IAMClient, username: string, context: StepContext): Promise<string[]> {
  const { ListAccessKeysCommand } = await import("@aws-sdk/client-iam")
  const { AccessKeyMetadata = [] } = await client.send(new ListAccessKeysCommand({ UserName: username }), {
    abortSignal: context.signal,
  })
  return AccessKeyMetadata.flatMap(({ AccessKeyId }) => AccessKeyId ?? [])
}

async function deactivate(client: IAMClient, username: string, id: string, context: StepContext): Promise<void> {
  const { UpdateAccessKeyCommand } = await import("@aws-sdk/client-iam")
  const off = new UpdateAccessKeyCommand({ UserName: username, AccessKeyId: id, Status: "Inactive" })
  await context.effect("key deactivated", () => client.send(off, { abortSignal: context.signal }))
}

async function remove(client: IAMClient, username: string, id: string, context: StepContext): Promise<void> {
  await deactivate(client, username, id, context)
  const { DeleteAccessKeyCommand } = await import("@aws-sdk/client-iam")
  const gone = new DeleteAccessKeyCommand({ UserName: username, AccessKeyId: id })
  await context.effect("key deleted", () => client.send(gone, { abortSignal: context.signal }))
}

async function make(client: IAMClient, key: Key, context: StepContext): Promise<string> {
  const { CreateAccessKeyCommand } = await import("@aws-sdk/client-iam")
  const { AccessKey } = await context.effect("key made", () =>
    client.send(new CreateAccessKeyCommand({ UserName: key.username }), { abortSignal: context.signal }),
  )
  if (AccessKey?.AccessKeyId === undefined || AccessKey.SecretAccessKey === undefined)
    throw new RotationFault("target_failed", { code: "no_key_in_answer" })
  return JSON.stringify({ ...key.all, accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey })
}

function mustBeSameUser(key: Key, next: Key): void {
  if (key.username !== next.username) throw new RotationFault("identity_changed", { field: "username" })
}

/** A user has two keys at most, and a key's secret is shown once: what was made and not stored is deleted and made anew. */
export const iamSteps: Steps = {
  writes: ["accessKeyId", "secretAccessKey"],

  check(held) {
    const key = keyOf(held.current)
    if (held.admin !== undefined) keyOf(held.admin, "masterarn")
    else if (key.all["masterarn"] !== undefined) throw new RotationFault("admin_missing")
  },

  async prove(held, context) {
    await mustBeOf(keyOf(held.current), context)
    if (held.admin === undefined) return
    if ((await arnOf(keyOf(held.admin, "masterarn"), context)) === undefined) throw new RotationFault("admin_refused")
  },

  async create(held, context) {
    const key = keyOf(held.current)
    if (held.pending !== undefined) {
      mustBeSameUser(key, keyOf(held.pending))
      return held.pending
    }
    await mustBeOf(key, context)
    return withIam(held, key, async (client) => {
      // The other one is the version before the last, or one whose maker did not live to store it.
      for (const id of await idsOf(client, key.username, context))
        if (id !== key.accessKeyId) await remove(client, key.username, id, context)
      return make(client, key, context)
    })
  },

  /** A key is good from when it was made. */
  async set(held) {
    if (held.pending === undefined) throw new RotationFault("pending_missing")
    mustBeSameUser(keyOf(held.current), keyOf(held.pending))
  },

  async test(held, context) {
    if (held.pending === undefined) throw new RotationFault("pending_missing")
    const next = keyOf(held.pending)
    for (const wait of WAITS_MS) {
      await pause(wait, undefined, { signal: context.signal }).catch(() => {
        throw new RotationFault("target_unreachable", { code: "aborted" })
      })
      const arn = await arnOf(next, context)
      if (arn?.endsWith(`/${next.username}`) === true) return
      if (arn !== undefined) throw new RotationFault("identity_changed", { field: "username" })
    }
    throw new RotationFault("pending_refused")
  },

  /** Inactive can be undone by hand; the next rotation deletes. */
  async revoke(held, context) {
    if (held.previous === undefined) return
    const [key, old] = [keyOf(held.current), keyOf(held.previous)]
    if (old.username !== key.username) throw new RotationFault("identity_changed", { field: "username" })
    if (old.accessKeyId === key.accessKeyId) return
    await mustBeOf(key, context)
    await withIam(held, key, async (client) => {
      if ((await idsOf(client, key.username, context)).includes(old.accessKeyId))
        await deactivate(client, key.username, old.accessKeyId, context)
    })
  },
}
