import { isDeepStrictEqual } from "node:util"
import type { Value } from "../../client/body.ts"
import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import { CURRENT } from "../../core/stage.ts"
import type { Shown } from "../attempt.ts"
import { Unmet } from "../command.ts"
import { exitOf, REFUSED, USAGE } from "../exit.ts"
import type { Outcome } from "./outcome.ts"
import type { Patience } from "./patience.ts"
import type { Target } from "./targets.ts"
import type { VersionKeys } from "./version-key.ts"

export type OnConflict = "skip" | "write" | "fail"

export interface Writer {
  /** A step-up token, once there is one. */
  readonly shown: Shown
  readonly client: TylerClient
  readonly keys: VersionKeys
  readonly patience: Patience
  readonly onConflict: OnConflict
  readonly reason: string
  /** Text that is one JSON object becomes an object. */
  readonly prepare: (value: Value) => Value
}

/** Failures that all the rest would meet too: the import ends. */
const FATAL: ReadonlySet<string> = new Set(["unauthenticated", "redirected", "bad_answer", "insecure_address"])

/** Brings one secret in. Every failure of its own is an outcome; only what ends the whole import is thrown. */
export async function writeSecret(on: Writer, target: Target): Promise<Outcome> {
  const { name, existing } = target
  try {
    const value = await valueOf(on, target)
    if (existing !== undefined) return await onto(on, target, value)
    try {
      return await create(on, target, value)
    } catch (error) {
      // It came about meanwhile, or the caller may not list it.
      if (error instanceof TylerApiError && error.code === "secret_exists") return await onto(on, target, value)
      throw error
    }
  } catch (error) {
    return refused(name, error)
  }
}

/**
 * What would be done; no value is sent.
 * @param fetches whether values that are somewhere else may be fetched to be compared
 */
export async function foresee(on: Writer, target: Target, fetches: boolean): Promise<Outcome> {
  const { name, entry, existing } = target
  if (existing === undefined) return { name, did: "created" }
  const known = fetches || "value" in entry.content ? await standing(on, name, await valueOf(on, target)) : undefined
  return known?.same === true ? whenSame(on, target) : conflict(on, name)
}

function whenSame({ onConflict }: Writer, target: Target): Outcome {
  return { name: target.name, did: onConflict === "write" && differs(target) ? "described" : "same" }
}

function conflict({ onConflict }: Writer, name: string): Outcome {
  if (onConflict === "write") return { name, did: "written" }
  if (onConflict === "skip") return { name, did: "kept" }
  return { name, did: "refused", code: "secret_exists", why: "it is there already", exit: REFUSED }
}

async function valueOf(on: Writer, { entry }: Target): Promise<Value> {
  const { content } = entry
  if ("value" in content) return on.prepare(content.value)
  if ("fetch" in content) return on.prepare(await content.fetch())
  throw new Error("a target without content")
}

async function create(on: Writer, { name, entry }: Target, value: Value): Promise<Outcome> {
  const { description, tags } = entry
  const options = {
    idempotencyKey: on.keys.idOf(name, value, 0),
    ...on.shown,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  }
  const { versionId } = await on.patience.through(() => on.client.create(name, value, options))
  return { name, did: "created", versionId }
}

async function onto(on: Writer, target: Target, value: Value): Promise<Outcome> {
  const { name } = target
  const known = await standing(on, name, value)
  if (known.same) {
    const outcome = whenSame(on, target)
    if (outcome.did === "described") await describe(on, target)
    return outcome
  }
  if (on.onConflict !== "write") return conflict(on, name)
  const { reason, shown } = on
  const { id, current } = known
  const options = {
    reason,
    idempotencyKey: id,
    ...shown,
    ...(current === undefined ? {} : { expectedVersion: current }),
  }
  const { versionId } = await on.patience.through(() => on.client.update(name, value, options))
  if (differs(target)) await describe(on, target)
  return { name, did: "written", versionId }
}

interface Standing {
  /** The current version is of an earlier import of this value. */
  readonly same: boolean
  readonly id: string
  readonly current?: string
}

/**
 * Compares by version ids, which are made of the values: nothing is read. A value that was there, was replaced and comes
 * back gets the next id, for the old one would answer that it was written once and change nothing.
 */
async function standing({ client, keys, patience }: Writer, name: string, value: Value): Promise<Standing> {
  if (!keys.used) return { same: false, id: keys.idOf(name, value, 0) }
  const versions = await patience.through(() => client.versions(name))
  const current = versions.find(({ stages }) => stages.includes(CURRENT))?.versionId
  const ids = new Set(versions.map(({ versionId }) => versionId))
  for (let turn = 0; ; turn++) {
    const id = keys.idOf(name, value, turn)
    if (id === current) return { same: true, id, current }
    if (!ids.has(id)) return { same: false, id, ...(current === undefined ? {} : { current }) }
  }
}

/** What the source does not say stays as it is. */
function differs({ entry, existing }: Target): boolean {
  const { description = existing?.description, tags = existing?.tags } = entry
  return existing !== undefined && !isDeepStrictEqual([description, tags], [existing.description, existing.tags])
}

async function describe(on: Writer, { name, entry }: Target): Promise<void> {
  const { description, tags } = entry
  const change = { ...(description === undefined ? {} : { description }), ...(tags === undefined ? {} : { tags }) }
  await on.patience.through(() => on.client.patch(name, change, { reason: on.reason, ...on.shown }))
}

function refused(name: string, error: unknown): Outcome {
  if (error instanceof TylerApiError && !FATAL.has(error.code))
    return { name, did: "refused", code: error.code, why: error.message, exit: exitOfOne(error) }
  if (error instanceof Unmet && error.exit === REFUSED)
    return { name, did: "refused", code: error.code, why: error.message, exit: error.exit }
  throw error
}

/** 2 would say that the command was wrong and did nothing. */
function exitOfOne({ status, code }: TylerApiError): number {
  const exit = exitOf(status, code)
  return exit === USAGE ? REFUSED : exit
}
