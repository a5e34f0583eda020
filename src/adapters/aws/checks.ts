import { TylerError } from "../../core/errors.ts"
import { type CallerIdentity, callerIdentity, type Seen } from "./identity.ts"
import type { AwsPlace } from "./client.ts"
import { type Kms, kmsClient, type KmsKey } from "./kms.ts"
import { kmsFault } from "./kms-faults.ts"
import { permissionTried } from "./permissions.ts"
import { storeChecks } from "./store-checks.ts"
import { type Copies, telemetryChecks } from "./telemetry-checks.ts"

/** What the checks look at, and what they have found out so far. */
export interface Checked {
  readonly place: AwsPlace
  /** null: any. */
  readonly accountId: string | null
  /** By the variable that names it. */
  readonly kmsKeys: readonly { readonly variable: string; readonly keyId: string }[]
  readonly environment: string
  /** Null: values are not kept in AWS. */
  readonly prefix: string | null
  readonly copies: Copies
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number
  readonly seen: Seen
}

export interface Finding {
  /** `note`: worth knowing, and no fault. */
  readonly state: "ok" | "note" | "fault"
  readonly text: string
}

/** One thing that is tried. */
export interface CheckRow {
  readonly name: string
  /** The resource that the permission is needed on. */
  readonly on: string | null
  /** How it is tried, in a few words. */
  readonly tried: string
  /** @throws TylerError, or the SDK's error */
  readonly run: (on: Checked) => Promise<Finding>
}

export interface AwsCheck extends CheckRow {
  /** In IAM's terms; null: it takes none. */
  readonly permission: string | null
}

const OK = (text: string): Finding => ({ state: "ok", text })
const FAULT = (text: string): Finding => ({ state: "fault", text })

/** A clock that is off by more makes AWS refuse signatures. */
const SKEW_FAULT_MS = 300_000
/** NTP keeps a clock well below this. */
const SKEW_NOTE_MS = 60_000

/** In the order in which they are tried. Each says itself what is wrong: none asks whether an earlier one went well. */
const GENERAL: readonly CheckRow[] = [
  {
    name: "region",
    on: null,
    tried: "AWS_REGION",
    run: async ({ place }) => OK(place.region),
  },
  {
    name: "identity",
    on: null,
    tried: "sts:GetCallerIdentity, which every identity may ask",
    async run({ place, accountId, seen }) {
      const { arn, account } = await callerIdentity(place, seen)
      return judgeAccount({ arn, account }, accountId)
    },
  },
  {
    name: "endpoint",
    on: null,
    tried: "where the SDK has sent that question, and what the configuration says of the others",
    run: async ({ place, seen }) => {
      if (seen.host === undefined) return FAULT("STS was not asked")
      const { kms } = place.endpoints
      return OK(`STS answers at ${seen.host}, KMS at ${kms ?? "the Region's own address"}`)
    },
  },
  {
    name: "clock",
    on: null,
    tried: "the Date of that answer",
    run: async ({ seen, now }) => judgeClock(seen.awsTime, now()),
  },
]

function judgeAccount({ arn, account }: CallerIdentity, expected: string | null): Finding {
  if (expected === null) return { state: "note", text: `${arn}; AWS_ACCOUNT_ID is not set, so any account will do` }
  return account === expected ? OK(arn) : FAULT(`${arn} is in account ${account}, and AWS_ACCOUNT_ID is ${expected}`)
}

function judgeClock(awsTime: number | undefined, now: number): Finding {
  if (awsTime === undefined) return FAULT("AWS did not say what time it is")
  const seconds = Math.round((now - awsTime) / 1000)
  const text = `${Math.abs(seconds)} s ${seconds < 0 ? "behind" : "ahead of"} AWS's`
  if (Math.abs(now - awsTime) > SKEW_FAULT_MS) return FAULT(`${text}: AWS refuses signatures from 300 s on`)
  return { state: Math.abs(now - awsTime) > SKEW_NOTE_MS ? "note" : "ok", text }
}

/** What is tried of a KMS key: a key of no use is wrapped and unwrapped. */
function kmsChecks(variable: string, keyId: string): readonly CheckRow[] {
  const key = Buffer.alloc(32, 0x5a)
  let kms: Promise<Kms> | undefined
  let wrapped: Uint8Array | undefined
  const on = `${variable} ${keyId}`
  const client = ({ place }: Checked): Promise<Kms> => (kms ??= kmsClient(place))
  const arn = async (of: Checked): Promise<string> => (await (await client(of)).describe(keyId)).arn
  const contextOf = ({ environment }: Checked, keyName: string): Record<string, string> => ({
    app: "tyler-setup",
    environment,
    purpose: "doctor",
    keyId: keyName,
  })
  return [
    {
      name: "kms key",
      on,
      tried: "DescribeKey",
      run: async (of) => judgeKey(await (await client(of)).describe(keyId)),
    },
    {
      name: "kms wrap",
      on,
      tried: "Encrypt of 32 bytes in the context of a key named doctor",
      async run(of) {
        wrapped = await (await client(of)).encrypt(await arn(of), key, contextOf(of, "doctor"))
        return OK("a key is wrapped")
      },
    },
    {
      name: "kms unwrap",
      on,
      tried: "Decrypt of what was wrapped",
      async run(of) {
        if (wrapped === undefined) return FAULT("nothing could be wrapped, so nothing was unwrapped")
        const opened = await (await client(of)).decrypt(await arn(of), wrapped, contextOf(of, "doctor"))
        return key.equals(opened) ? OK("the same key comes back") : FAULT("another key comes back")
      },
    },
    {
      name: "kms context",
      on,
      tried: "Decrypt in the context of another key, which must be refused",
      async run(of) {
        if (wrapped === undefined) return FAULT("nothing could be wrapped, so nothing was unwrapped")
        try {
          await (await client(of)).decrypt(await arn(of), wrapped, contextOf(of, "another"))
        } catch (error) {
          if (error instanceof TylerError && error.facts["cause"] === "kms_invalid_ciphertext")
            return OK("a key does not open in another's place")
          throw error
        }
        return FAULT("a key opens in another's place: this is no KMS")
      },
    },
  ]
}

function judgeKey({ arn, state, usage, spec }: KmsKey): Finding {
  if (state !== "Enabled") return FAULT(`${arn} is ${state}`)
  if (usage !== "ENCRYPT_DECRYPT" || spec !== "SYMMETRIC_DEFAULT")
    return FAULT(`${arn} is for ${usage} with ${spec}; it must be symmetric, for encryption and decryption`)
  return OK(`${arn} is enabled`)
}

/** Everything that the configuration needs of AWS. */
export function checksFor(on: Checked): readonly AwsCheck[] {
  const keys = on.kmsKeys.flatMap(({ variable, keyId }) => kmsChecks(variable, keyId))
  const store = on.prefix === null ? [] : storeChecks(on, on.prefix)
  const rows = [...GENERAL, ...keys, ...store, ...telemetryChecks(on)]
  return rows.map((row) => ({ ...row, permission: permissionTried(row.name) }))
}

/** What AWS's refusal means. */
export function findingOf(error: unknown): Finding {
  const fault = kmsFault(error, "doctor")
  const { cause } = fault.facts
  if (cause === "kms_unreachable") return FAULT("AWS cannot be reached or does not answer in time")
  if (cause !== "kms_failed") return FAULT(fault.message)
  return FAULT(`AWS refuses it: ${error instanceof Error ? error.name : typeof error}`)
}
