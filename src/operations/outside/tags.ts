import type { Outside } from "./place.ts"
import { TylerError } from "../../core/errors.ts"
import type { Tag } from "../../state/rows.ts"

/** Of one resource. https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html */
export const MAX_TAGS = 50
/** AWS's own, which nobody else can set. */
const AWS_TAG = /^aws:/i

/** Set by us on what we create; a caller's tags cannot say otherwise. */
export const RESERVED = ["Environment", "Application", "CreatedBy", "CreatedAt"] as const
const RESERVED_KEYS: ReadonlySet<string> = new Set(RESERVED)

/** What says that the secret is ours: roles in IAM may be granted by these. */
export function ownTags({ environment, prefix }: Pick<Outside, "environment" | "prefix">): readonly Tag[] {
  return [
    { Key: "Environment", Value: environment },
    { Key: "Application", Value: prefix },
  ]
}

/** @param principalId an opaque id: tags are read by more people than the log. */
export function newTags(of: Outside, asked: readonly Tag[] | null, principalId: string, now: number): readonly Tag[] {
  const ours = [
    ...ownTags(of),
    { Key: "CreatedBy", Value: principalId },
    { Key: "CreatedAt", Value: new Date(now).toISOString() },
  ]
  return together(ours, asked ?? [])
}

/** The caller's replace the caller's; ours and AWS's stay. */
export function changedTags(asked: readonly Tag[], present: readonly Tag[]): readonly Tag[] {
  const kept = present.filter(({ Key }) => RESERVED_KEYS.has(Key) || AWS_TAG.test(Key))
  const added = asked.filter((tag) => !kept.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value))
  return together(kept, added)
}

/** @throws TylerError `invalid_request` */
export function acceptTags(keys: readonly string[]): void {
  const taken = keys.find((key) => RESERVED_KEYS.has(key) || AWS_TAG.test(key))
  if (taken !== undefined)
    throw new TylerError("invalid_request", { field: "/tags", error: `The tag ${taken} is not yours to set` })
}

function together(ours: readonly Tag[], asked: readonly Tag[]): readonly Tag[] {
  acceptTags(asked.map(({ Key }) => Key))
  if (ours.length + asked.length > MAX_TAGS)
    throw new TylerError("invalid_request", {
      field: "/tags",
      error: `At most ${MAX_TAGS - ours.length} tags: AWS takes ${MAX_TAGS}, and ${ours.length} are set here`,
    })
  return [...ours, ...asked]
}

/** What has to be set and what to be removed for `present` to become `wanted`; AWS's own are left alone. */
export function tagDifference(
  wanted: readonly Tag[],
  present: readonly Tag[],
): { readonly set: readonly Tag[]; readonly removed: readonly string[] } {
  const there = new Map(present.map(({ Key, Value }) => [Key, Value]))
  const keys = new Set(wanted.map(({ Key }) => Key))
  return {
    set: wanted.filter(({ Key, Value }) => !AWS_TAG.test(Key) && there.get(Key) !== Value),
    removed: present.filter(({ Key }) => !AWS_TAG.test(Key) && !keys.has(Key)).map(({ Key }) => Key),
  }
}

export function sameTags(wanted: readonly Tag[], present: readonly Tag[]): boolean {
  const { set, removed } = tagDifference(wanted, present)
  return set.length === 0 && removed.length === 0
}
