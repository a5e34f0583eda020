import { DAY_MS } from "../../core/clock.ts"
import { CURRENT, PREVIOUS } from "../../core/stage.ts"
import type { Material, OutsideSecret, OutsideStore } from "../../secrets/outside.ts"
import type { Change } from "../../state/change.ts"
import type { LabelRow } from "../../state/rows.ts"
import { holdsAll } from "./catalog.ts"
import type { Outward, OutwardKind } from "./intent.ts"
import { sameTags, tagDifference } from "./tags.ts"

/** What an effect is carried out with. */
export interface Tools {
  readonly store: OutsideStore
  readonly fullName: string
  /** The labels that it was decided on. */
  readonly before: readonly LabelRow[]
  /** Lends the value to be kept; of a change without one it is never called. */
  readonly lend: <T>(use: (material: Material) => Promise<T>) => Promise<T>
  /** Throws once it is too late to begin another call: others may be looking at the outcome by now. */
  readonly inTime: () => void
}

interface Effect<C> {
  /** May have been done before: who calls looks at what `reached` says before believing that it failed. */
  run(change: C, tools: Tools): Promise<void | { readonly arn: string }>
  reached(change: C, seen: OutsideSecret): boolean
  /** The change as it becomes ours. */
  landed(change: C, arn: string): Change
}

type OutwardOf<K extends OutwardKind> = Extract<Outward, { readonly kind: K }>

/** One row for each kind of change that the store outside has to make too. */
const EFFECTS: { readonly [K in OutwardKind]: Effect<OutwardOf<K>> } = {
  addSecret: {
    async run({ secret, version, kmsKeyId = null }, { store, fullName, lend }) {
      const facts = { fullName, description: secret.description, tags: secret.tags ?? [], kmsKeyId }
      if (version === null) return { arn: await store.create({ ...facts, first: null }) }
      const { versionId } = version
      return lend(async (material) => ({ arn: await store.create({ ...facts, first: { versionId, material } }) }))
    },
    // Of an empty secret only the tags, with who made it and the millisecond, tell that it is ours.
    reached: ({ secret, version }, { labels, tags }) =>
      version === null
        ? labels.length === 0 && sameTags(secret.tags ?? [], tags)
        : holdsAll(labels, [{ label: CURRENT, versionId: version.versionId }]),
    landed: (change, arn) => ({
      ...change,
      secret: { ...change.secret, id: arn, arn },
      version: change.version === null ? null : { ...change.version, secretId: arn },
    }),
  },

  addVersion: {
    async run({ secretId, version, labels }, tools) {
      await tools.lend((material) => tools.store.stage(secretId, version.versionId, material))
      await moveLabels(secretId, labels, tools)
    },
    reached: ({ labels }, seen) => holdsAll(seen.labels, labels),
    landed: (change) => change,
  },

  putLabels: {
    run: ({ secretId, labels }, tools) => moveLabels(secretId, labels, tools),
    reached: ({ labels }, seen) => holdsAll(seen.labels, labels) && seen.labels.length === labels.length,
    landed: (change) => change,
  },

  describeSecret: {
    async run({ secretId, description, tags }, { store, inTime }) {
      if (description !== null) await store.redescribe(secretId, description)
      if (tags === null) return
      inTime()
      const { set, removed } = tagDifference(tags, (await store.describe(secretId))?.tags ?? [])
      if (removed.length > 0) await store.untag(secretId, removed)
      if (set.length > 0) await store.tag(secretId, set)
    },
    reached({ description, tags }, seen) {
      const { set, removed } = tagDifference(tags ?? seen.tags, seen.tags)
      return (description ?? seen.description) === seen.description && set.length + removed.length === 0
    },
    landed: (change) => change,
  },

  tagSecret: {
    async run({ secretId, set, removed }, { store, inTime }) {
      if (removed.length > 0) await store.untag(secretId, removed)
      inTime()
      if (set.length > 0) await store.tag(secretId, set)
    },
    reached: ({ set, removed }, { tags }) =>
      set.every(({ Key, Value }) => tags.some((one) => one.Key === Key && one.Value === Value)) &&
      !tags.some(({ Key }) => removed.includes(Key)),
    landed: (change) => change,
  },

  scheduleDeletion: {
    run: ({ secretId, deletionAt, changedAt }, { store }) =>
      store.scheduleDeletion(secretId, Math.round((deletionAt - changedAt) / DAY_MS)),
    reached: (_change, { deletedAt }) => deletedAt !== null,
    landed: (change) => change,
  },

  cancelDeletion: {
    run: ({ secretId }, { store }) => store.restore(secretId),
    reached: (_change, { deletedAt }) => deletedAt === null,
    landed: (change) => change,
  },

  putSchedule: {
    async run({ row, outside }, { store, inTime }) {
      const { secretId, lambdaArn, enabled } = row
      if (outside === undefined) return
      if (lambdaArn !== null && enabled)
        return store.rotate(secretId, { token: outside, lambdaArn, timetable: row, now: false })
      const present = await store.describe(secretId)
      inTime()
      // One that was never configured there cannot be cancelled.
      if (present?.rotation?.enabled === true) await store.cancelRotation(secretId)
    },
    reached({ row: { lambdaArn, enabled, days, expression, windowHours } }, { rotation }) {
      if (lambdaArn === null || !enabled) return rotation?.enabled !== true
      const kept = rotation?.enabled === true && rotation.lambdaArn === lambdaArn
      return (
        kept &&
        [days, expression, windowHours].every(
          (one, at) => one === null || one === [rotation.days, rotation.expression, rotation.windowHours][at],
        )
      )
    },
    landed({ kind, row, expectedRevision }) {
      return { kind, row, expectedRevision }
    },
  },
}

export function effectOf<C extends Outward>({ kind }: C): Effect<C> {
  return EFFECTS[kind] as unknown as Effect<C>
}

/** The current label last, for it is what others see. With it the store moves `previous` by itself. */
async function moveLabels(arn: string, after: readonly LabelRow[], { store, before, inTime }: Tools): Promise<void> {
  const from = new Map(before.map(({ label, versionId }) => [label, versionId]))
  const to = new Map(after.map(({ label, versionId }) => [label, versionId]))
  const moved = [...new Set([...from.keys(), ...to.keys()])].filter((label) => from.get(label) !== to.get(label))
  const current = moved.includes(CURRENT)
  for (const label of moved) {
    if (label === CURRENT || (current && label === PREVIOUS)) continue
    inTime()
    await store.move(arn, { label, to: to.get(label) ?? null, from: from.get(label) ?? null })
  }
  if (!current) return
  inTime()
  await store.move(arn, { label: CURRENT, to: to.get(CURRENT) ?? null, from: from.get(CURRENT) ?? null })
}
