import type { Client } from "pg"
import { entryHead } from "../../audit/canonical.ts"
import type { Act, Draft, Moved, Recorded } from "../../audit/ledger.ts"
import { HASH_BYTES } from "../../audit/merkle.ts"
import { bytesColumn, listLiteral, textColumn } from "./columns.ts"

/** An outcome that still lacks the checkpoint, which is signed only after the commit. */
export type Unsigned = Omit<Recorded, "checkpoint"> | { readonly moved: Moved }

export interface Written {
  readonly outcomes: readonly Unsigned[]
  /** Of the log as this transaction leaves it. */
  readonly size: number
  readonly root: Uint8Array
}

/** One act as the function of migrations/0003-record.sql takes it. Without an entry it is only judged. */
export interface Judged extends Pick<Act, "policyEpoch" | "principal" | "secret" | "grant" | "quota"> {
  readonly entry: Draft | null
  readonly touch: { readonly secretId: string; readonly versionId: string; readonly day: string } | null
}

interface Answer {
  readonly moved: readonly (string | null)[]
  readonly secret_uses: readonly (string | null)[]
  readonly person_uses: readonly (string | null)[]
  readonly leaves: Buffer | null
  readonly size: number
  readonly root: Buffer
}

type Column = readonly [type: "text[]" | "bigint[]" | "int[]" | "bytea[]", of: (call: Call) => Buffer]

interface Call {
  readonly acts: readonly Judged[]
  readonly slots: Slots
}

const text = (of: (act: Judged) => string | null): Column => ["text[]", ({ acts }) => textColumn(acts, of)]
const integer = (of: (act: Judged) => number | null): Column => ["bigint[]", ({ acts }) => textColumn(acts, of)]
const field = (of: (entry: Draft) => string | null): Column => text(({ entry }) => (entry === null ? null : of(entry)))

/** In the order of the function's parameters. */
const COLUMNS: readonly Column[] = [
  integer(({ policyEpoch }) => policyEpoch),
  text(({ principal }) => principal?.id ?? null),
  integer(({ principal }) => principal?.epoch ?? null),
  text(({ secret }) => secret?.id ?? null),
  integer(({ secret }) => secret?.revision ?? null),
  text(({ grant }) => grant?.id ?? null),
  integer(({ grant }) => grant?.revision ?? null),
  ["text[]", ({ slots }) => textColumn(slots.keys, ([principalId]) => principalId)],
  ["text[]", ({ slots }) => textColumn(slots.keys, ([, day]) => day)],
  ["text[]", ({ slots }) => textColumn(slots.keys, ([, , secretId]) => secretId)],
  ["int[]", ({ slots }) => textColumn(slots.secret, (slot) => slot)],
  ["int[]", ({ slots }) => textColumn(slots.person, (slot) => slot)],
  integer(({ quota }) => quota?.perSecret ?? null),
  integer(({ quota }) => quota?.perPerson ?? null),
  text(({ touch }) => touch?.secretId ?? null),
  text(({ touch }) => touch?.versionId ?? null),
  text(({ touch }) => touch?.day ?? null),
  ["bytea[]", ({ acts }) => bytesColumn(acts, ({ entry }) => (entry === null ? null : entryHead(entry)))],
  integer(({ entry }) => entry?.timestamp ?? null),
  field(({ requestId }) => requestId),
  field(({ action }) => action),
  field(({ result }) => result),
  field(({ resourceType }) => resourceType),
  field(({ resourceName }) => resourceName),
  field(({ userId }) => userId),
  field(({ principalKind }) => principalKind),
  field(({ roles }) => listLiteral(roles)),
  field(({ policyIds }) => listLiteral(policyIds)),
  field(({ decision }) => decision),
  field(({ versionId }) => versionId),
  field(({ grantId }) => grantId),
  field(({ details }) => details),
  ["bytea[]", ({ acts }) => bytesColumn(acts, ({ entry }) => entry?.salt ?? null)],
  field(({ username }) => username),
  field(({ ipAddress }) => ipAddress),
  field(({ userAgent }) => userAgent),
  field(({ reason }) => reason),
]

const CALL = {
  name: "record_acts",
  text: `SELECT * FROM record_acts(${COLUMNS.map(([type], at) => parameter(type, at + 1)).join(", ")})`,
}

function parameter(type: Column[0], number: number): string {
  return type === "text[]" || type === "bytea[]" ? `$${number}::${type}` : `$${number}::text[]::${type}`
}

/** Judges and records acts in order, in one round trip. Outside a transaction the answer comes after the commit. */
export async function recordActs(db: Client, acts: readonly Judged[]): Promise<Written> {
  const call = { acts, slots: slotsOf(acts) }
  const { rows } = await db.query<Answer>({ ...CALL, values: COLUMNS.map(([, of]) => of(call)) })
  const answer = rows[0] as Answer
  return { outcomes: outcomesOf(acts, answer), size: answer.size, root: answer.root }
}

function outcomesOf(acts: readonly Judged[], answer: Answer): Unsigned[] {
  const { leaves } = answer
  let index = answer.size - (leaves?.byteLength ?? 0) / HASH_BYTES
  let at = 0
  return acts.map((act, place): Unsigned => {
    const used = { secret: Number(answer.secret_uses[place]), person: Number(answer.person_uses[place]) }
    const kind = answer.moved[place] ?? null
    if (kind !== null) return { moved: movedOf(kind, act, used) }
    if (act.entry === null || leaves === null) return { index: -1, leafHash: NO_LEAF, quota: null }
    const leafHash = leaves.subarray(at, at + HASH_BYTES)
    at += HASH_BYTES
    return { index: index++, leafHash, quota: act.quota === null ? null : used }
  })
}

/** Of an act that was only judged. */
const NO_LEAF = new Uint8Array(0)

function movedOf(kind: string, { quota }: Judged, used: { secret: number; person: number }): Moved {
  if (kind === "quota_secret")
    return { kind: "quota", scope: "secret", limit: quota?.perSecret ?? 0, used: used.secret }
  if (kind === "quota_person")
    return { kind: "quota", scope: "person", limit: quota?.perPerson ?? 0, used: used.person }
  return { kind: kind as "policy" | "principal" | "secret" | "grant" }
}

/** The counters a call needs, each named once, and which of them each act claims (counted from 1). */
interface Slots {
  readonly keys: readonly (readonly [principalId: string, day: string, secretId: string])[]
  readonly secret: readonly (number | null)[]
  readonly person: readonly (number | null)[]
}

function slotsOf(acts: readonly Judged[]): Slots {
  const keys: [string, string, string][] = []
  const known = new Map<string, number>()
  const slot = (...key: [string, string, string]): number => {
    const spelled = key.join("\0")
    let at = known.get(spelled)
    if (at === undefined) {
      at = keys.push(key)
      known.set(spelled, at)
    }
    return at
  }
  const of = (quota: Act["quota"], secretId: string): number | null =>
    quota === null ? null : slot(quota.principalId, quota.day, secretId)
  return {
    keys,
    secret: acts.map(({ quota }) => of(quota, quota?.secretId ?? "")),
    person: acts.map(({ quota }) => (quota?.perPerson == null ? null : of(quota, ""))),
  }
}
