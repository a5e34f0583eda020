import { fullNameOf, ourName } from "../../secrets/outside-names.ts"
import type { Outside } from "./place.ts"
import { DAY_MS } from "../../core/clock.ts"
import type { SecretName } from "../../core/name.ts"
import type { Principal } from "../../core/principal.ts"
import { record } from "../../audit/ledger.ts"
import { RECOVERY_DAYS } from "../../secrets/lifecycle.ts"
import type { OutsideSecret } from "../../secrets/outside.ts"
import type { Change } from "../../state/change.ts"
import { type LabelRow, type SecretRow, UNSEALED, type VersionRow } from "../../state/rows.ts"
import { draftEntry } from "../entry.ts"
import type { Service } from "../service.ts"
import { sameTags } from "./tags.ts"

const CATALOG: Principal = {
  id: "catalog",
  kind: "job",
  name: "catalog",
  roles: [],
  assurance: "system",
  epoch: 0,
  sessionId: null,
}

/** Who made what was not made through us. */
export const OUTSIDE = "outside"

export interface Difference {
  readonly what: string
  readonly changes: readonly Change[]
}

/** What the catalog must change to say what the store says; undefined: it says so already. */
export function difference(
  name: SecretName,
  row: SecretRow | undefined,
  labels: readonly LabelRow[],
  seen: OutsideSecret | undefined,
  now: number,
): Difference | undefined {
  if (seen === undefined) {
    const gone = row === undefined ? [] : [purge(row)]
    return gone.length === 0 ? undefined : { what: "gone", changes: gone }
  }
  if (row === undefined) return { what: "found", changes: [found(name, seen, now)] }
  // The same name, another secret: nothing of the old one holds for it.
  if (row.arn !== seen.arn) return { what: "replaced", changes: [purge(row), found(name, seen, now)] }
  const differs = [
    sameLabels(labels, seen.labels) ? "" : "labels",
    row.description === seen.description ? "" : "description",
    sameTags(row.tags ?? [], seen.tags) && sameTags(seen.tags, row.tags ?? []) ? "" : "tags",
    (row.deletionAt === null) === (seen.deletedAt === null) ? "" : "deletion",
  ].filter((one) => one !== "")
  if (differs.length === 0) return undefined
  return { what: differs.join("+"), changes: [refreshed(row, seen, now)] }
}

export function sameLabels(some: readonly LabelRow[], others: readonly LabelRow[]): boolean {
  return some.length === others.length && holdsAll(some, others)
}

export function holdsAll(all: readonly LabelRow[], wanted: readonly LabelRow[]): boolean {
  return wanted.every(({ label, versionId }) => all.some((one) => one.label === label && one.versionId === versionId))
}

function purge({ id }: SecretRow): Change {
  return { kind: "purgeSecret", secretId: id, dueBefore: null }
}

function found(name: SecretName, seen: OutsideSecret, now: number): Change {
  const secret: SecretRow = {
    id: seen.arn,
    name,
    arn: seen.arn,
    description: seen.description,
    tags: seen.tags,
    createdAt: seen.createdAt ?? now,
    createdBy: OUTSIDE,
    changedAt: seen.changedAt ?? now,
    lastAccessed: null,
    revision: 1,
    rotationDueSince: null,
    deletionAt: deletionOf(seen, now),
    adopted: false,
  }
  return { kind: "putCatalog", secret, versions: versionsOf(seen, now), labels: seen.labels, expectedRevision: null }
}

/** @param versions ours, which carry more than the store can say of them. */
export function refreshed(
  row: SecretRow,
  seen: OutsideSecret,
  now: number,
  versions: readonly VersionRow[] = [],
): Change {
  const secret: SecretRow = {
    ...row,
    description: seen.description,
    tags: seen.tags,
    changedAt: seen.changedAt ?? now,
    deletionAt: seen.deletedAt === null ? null : (row.deletionAt ?? deletionOf(seen, now)),
  }
  const all = [
    ...versions,
    ...versionsOf(seen, now).filter((one) => !versions.some(({ versionId }) => versionId === one.versionId)),
  ]
  return { kind: "putCatalog", secret, versions: all, labels: seen.labels, expectedRevision: row.revision }
}

/** Not computed from what it says where that cannot be the end of the window. */
function deletionOf({ deletedAt }: OutsideSecret, now: number): number | null {
  if (deletedAt === null) return null
  return deletedAt > now ? deletedAt : now + RECOVERY_DAYS.most * DAY_MS
}

function versionsOf(seen: OutsideSecret, now: number): VersionRow[] {
  return [...new Set(seen.labels.map(({ versionId }) => versionId))].map((versionId) => ({
    secretId: seen.arn,
    versionId,
    seq: 0,
    keyId: UNSEALED,
    sealed: new Uint8Array(0),
    createdAt: seen.changedAt ?? now,
    createdBy: OUTSIDE,
    lastAccessed: null,
  }))
}

/**
 * Makes the catalog say of a name what the store says, with an entry of its own. While something that we began there
 * waits for its outcome nothing is corrected: the outcome will say it. @returns whether anything was, by us or others
 */
export async function correct(on: Service, outside: Outside, name: SecretName): Promise<boolean> {
  const row = await on.reader.secretByName(name)
  const labels = row === undefined ? [] : await on.reader.labels(row.id)
  if ((await on.reader.intentsOf(name)).length > 0) return false
  const seen = await outside.store.describe(fullNameOf(outside, name))
  if (seen !== undefined && ourName(outside, seen.fullName) !== name) return false
  const differs = difference(name, row, labels, seen, on.clock.now())
  if (differs === undefined) return false
  const done = await recordCatalog(on, "CATALOG", name, differs)
  on.secrets.drop(name)
  if (row !== undefined) on.store.forget(row.id)
  // Left out: somebody else has changed it, unless its name is another's in another case.
  return done || (await on.reader.secretByName(name)) !== undefined
}

/** @returns whether the act stands */
export async function recordCatalog(
  on: Service,
  action: string,
  name: SecretName,
  { what, changes }: Difference,
  result: "SUCCESS" | "FAILURE" = "SUCCESS",
): Promise<boolean> {
  const origin = { requestId: on.random.uuid(), ip: "", userAgent: "" }
  const about = { action, resourceType: "secret", resourceName: name, reason: null }
  const entry = draftEntry(on, CATALOG, origin, about, { result, decision: "system", details: what })
  const act = { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes }
  const [settled] = await record(on.ledger, [act])
  return settled !== undefined && !("moved" in settled)
}
