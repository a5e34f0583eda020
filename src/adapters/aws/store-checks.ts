import { TylerError } from "../../core/errors.ts"
import type { VersionId } from "../../core/version.ts"
import { oddNames } from "../../secrets/outside-names.ts"
import type { OutsideStore } from "../../secrets/outside.ts"
import type { CheckRow, Checked, Finding } from "./checks.ts"
import { notTried, PERMITTED } from "./findings.ts"
import { secretsManager } from "./secrets-manager.ts"

/** Names that are shown of those that cannot be governed. */
const SHOWN = 20
const NO_VERSION = "00000000-0000-0000-0000-000000000000" as VersionId

interface Tried {
  readonly operation: string
  /** A call about a secret that is not there: AWS asks for the permission first. */
  readonly call: (store: OutsideStore, name: string) => Promise<unknown>
}

const TRIED: readonly Tried[] = [
  { operation: "DescribeSecret", call: (store, name) => store.describe(name) },
  { operation: "GetSecretValue", call: (store, name) => store.value(name, { versionId: NO_VERSION }) },
  {
    operation: "PutSecretValue",
    call: (store, name) => store.stage(name, NO_VERSION, { form: "text", bytes: Buffer.from("doctor") }),
  },
  {
    operation: "UpdateSecretVersionStage",
    call: (store, name) => store.move(name, { label: "doctor", to: NO_VERSION, from: null }),
  },
  { operation: "UpdateSecret", call: (store, name) => store.redescribe(name, "doctor") },
  { operation: "TagResource", call: (store, name) => store.tag(name, [{ Key: "doctor", Value: "doctor" }]) },
  { operation: "UntagResource", call: (store, name) => store.untag(name, ["doctor"]) },
  {
    operation: "RotateSecret",
    call: (store, name) =>
      store.rotate(name, {
        token: NO_VERSION,
        lambdaArn: "",
        timetable: { days: null, expression: null, windowHours: null },
        now: true,
      }),
  },
  { operation: "CancelRotateSecret", call: (store, name) => store.cancelRotation(name) },
  { operation: "DeleteSecret", call: (store, name) => store.scheduleDeletion(name, 30) },
  { operation: "RestoreSecret", call: (store, name) => store.restore(name) },
]

/** What `SECRETS_BACKEND=aws` needs. Nothing is made or changed. */
export function storeChecks({ place }: Pick<Checked, "place">, prefix: string): readonly CheckRow[] {
  const store = secretsManager(place)
  const absent = `${prefix}/tyler-doctor-absent`
  const on = `${prefix}/*`
  return [
    {
      name: "secrets list",
      on: "*",
      tried: "ListSecrets below the prefix",
      run: async () => judgeNames(store, prefix),
    },
    ...TRIED.map(({ operation, call }) => ({
      name: `secrets ${operation}`,
      on,
      tried: `${operation} of a secret that is not there`,
      run: async () => judgeAbsent(() => call(store, absent)),
    })),
    {
      name: "secrets CreateSecret",
      on,
      tried: "not tried",
      run: async () => notTried("it would make a secret"),
    },
    {
      name: "secrets rotation function",
      on: "SECRETS_ROTATION_LAMBDA",
      tried: "not tried",
      run: async () => notTried("it would rotate a secret"),
    },
  ]
}

async function judgeAbsent(call: () => Promise<unknown>): Promise<Finding> {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof TylerError)) throw error
    if (error.code !== "not_found") return { state: "fault", text: `${error.message} (${error.detail ?? error.code})` }
  }
  return PERMITTED
}

async function judgeNames(store: OutsideStore, prefix: string): Promise<Finding> {
  const names: string[] = []
  try {
    for await (const page of store.list(`${prefix}/`)) names.push(...page.map(({ fullName }) => fullName))
  } catch (error) {
    if (!(error instanceof TylerError)) throw error
    return { state: "fault", text: `${error.message} (${error.detail ?? error.code})` }
  }
  const odd = oddNames({ prefix }, names)
  const text = `${names.length} secrets below ${prefix}/`
  if (odd.length === 0) return { state: "ok", text }
  const shown = odd.slice(0, SHOWN).map((name) => JSON.stringify(name))
  const more = odd.length > SHOWN ? ` and ${odd.length - SHOWN} more` : ""
  const why = "are not served: their names are not canonical, or differ from another in case only"
  return { state: "note", text: `${text}; ${odd.length} ${why}: ${shown.join(", ")}${more}` }
}
