import type { Act, Draft, Outcome } from "../../audit/ledger.ts"
import type { Change } from "../../state/change.ts"
import type { Unsigned } from "./append.ts"

/** What the ledger's worker thread is started with. */
export interface WorkerStart {
  readonly path: string
  readonly origin: string
  readonly logSeed: Uint8Array
}

export type ToWorker = { readonly kind: "acts"; readonly acts: PackedActs } | { readonly kind: "close" }

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly outcomes: PackedOutcomes }
  | { readonly kind: "fault"; readonly cause: string }
  | { readonly kind: "closed" }

type Scalar = string | number | null

/**
 * Acts as one flat list in JSON. Structured clone takes its time over every value: measured 11 us an act as a list, there
 * and back, and 3.3 us as one text. Changes are rare on the read path and travel as they are.
 */
export interface PackedActs {
  readonly count: number
  /** 30 values an act. */
  readonly scalars: string
  /** 32 bytes an act. */
  readonly salts: Uint8Array
  readonly changes: readonly (readonly [act: number, changes: readonly Change[]])[]
}

const SALT_BYTES = 32
const SCALARS = 30

export function packActs(acts: readonly Act[]): PackedActs {
  const scalars: Scalar[] = []
  const salts = new Uint8Array(acts.length * SALT_BYTES)
  const changes: [number, readonly Change[]][] = []
  acts.forEach((act, at) => {
    packAct(scalars, act)
    if (act.entry.salt) salts.set(act.entry.salt, at * SALT_BYTES)
    if (act.changes.length > 0) changes.push([at, act.changes])
  })
  return { count: acts.length, scalars: JSON.stringify(scalars), salts, changes }
}

function packAct(into: Scalar[], { entry, policyEpoch, principal, secret, grant, quota }: Act): void {
  into.push(
    entry.timestamp,
    entry.requestId,
    entry.action,
    entry.result,
    entry.resourceType,
    entry.resourceName,
    entry.userId,
    entry.principalKind,
    JSON.stringify(entry.roles),
    JSON.stringify(entry.policyIds),
    entry.decision,
    entry.versionId,
    entry.grantId,
    entry.details,
    entry.username,
    entry.ipAddress,
    entry.userAgent,
    entry.reason,
    policyEpoch,
    principal === null ? null : principal.id,
    principal === null ? null : principal.epoch,
    secret === null ? null : secret.id,
    secret === null ? null : secret.revision,
    quota === null ? null : quota.principalId,
    quota === null ? null : quota.secretId,
    quota === null ? null : quota.day,
    quota === null ? null : quota.perSecret,
    quota === null ? null : quota.perPerson,
    grant === null ? null : grant.id,
    grant === null ? null : grant.revision,
  )
}

export function unpackActs(packed: PackedActs): readonly Act[] {
  const changes = new Map(packed.changes)
  const scalars = JSON.parse(packed.scalars) as readonly Scalar[]
  return Array.from({ length: packed.count }, (_, at) => unpackAct(scalars, packed.salts, at, changes.get(at) ?? []))
}

function unpackAct(scalars: readonly Scalar[], salts: Uint8Array, at: number, changes: readonly Change[]): Act {
  const from = at * SCALARS
  const text = (field: number): string => scalars[from + field] as string
  const maybe = (field: number): string | null => scalars[from + field] as string | null
  const number = (field: number): number => scalars[from + field] as number
  const maybeNumber = (field: number): number | null => scalars[from + field] as number | null
  return {
    entry: {
      timestamp: number(0),
      requestId: text(1),
      action: text(2),
      result: text(3) as Draft["result"],
      resourceType: text(4),
      resourceName: text(5),
      userId: text(6),
      principalKind: text(7),
      roles: JSON.parse(text(8)) as string[],
      policyIds: JSON.parse(text(9)) as string[],
      decision: text(10),
      versionId: maybe(11),
      grantId: maybe(12),
      details: maybe(13),
      username: maybe(14),
      ipAddress: maybe(15),
      userAgent: maybe(16),
      reason: maybe(17),
      salt: salts.subarray(at * SALT_BYTES, (at + 1) * SALT_BYTES),
    },
    policyEpoch: maybeNumber(18),
    principal: scalars[from + 19] === null ? null : { id: text(19), epoch: number(20) },
    secret: scalars[from + 21] === null ? null : { id: text(21), revision: number(22) },
    quota:
      scalars[from + 23] === null
        ? null
        : {
            principalId: text(23),
            secretId: text(24),
            day: text(25),
            perSecret: maybeNumber(26),
            perPerson: maybeNumber(27),
          },
    grant: scalars[from + 28] === null ? null : { id: text(28), revision: number(29) },
    changes,
  }
}

type Moved = Extract<Outcome, { moved: unknown }>

export interface PackedOutcomes {
  /** Index, then uses of the secret and of the person or -1; an index of -1 means: look in `moved`. */
  readonly numbers: Float64Array
  /** 32 bytes an act. */
  readonly leaves: Uint8Array
  readonly moved: readonly (readonly [act: number, outcome: Moved])[]
  /** One for the whole batch: it is signed over the tree that holds all of it. */
  readonly checkpoint: string
}

const LEAF_BYTES = 32

export function packOutcomes(outcomes: readonly Unsigned[], checkpoint: string): PackedOutcomes {
  const numbers = new Float64Array(outcomes.length * 3).fill(-1)
  const leaves = new Uint8Array(outcomes.length * LEAF_BYTES)
  const moved: [number, Moved][] = []
  outcomes.forEach((outcome, at) => {
    if ("moved" in outcome) {
      moved.push([at, outcome])
      return
    }
    leaves.set(outcome.leafHash, at * LEAF_BYTES)
    numbers.set([outcome.index, outcome.quota?.secret ?? -1, outcome.quota?.person ?? -1], at * 3)
  })
  return { numbers, leaves, moved, checkpoint }
}

export function unpackOutcomes({ numbers, leaves, moved, checkpoint }: PackedOutcomes): readonly Outcome[] {
  const byAct = new Map(moved)
  return Array.from({ length: numbers.length / 3 }, (_, at): Outcome => {
    const [index = -1, secret = -1, person = -1] = numbers.subarray(at * 3, at * 3 + 3)
    if (index === -1) return byAct.get(at) as Moved
    const leafHash = leaves.subarray(at * LEAF_BYTES, (at + 1) * LEAF_BYTES)
    return { index, leafHash, checkpoint, quota: secret === -1 ? null : { secret, person } }
  })
}
