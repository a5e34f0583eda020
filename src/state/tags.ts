import type { Tag } from "./rows.ts"

/** Tags of one secret: AWS's limit on a resource. */
export const MOST_TAGS = 50

/** Tags after some were set and some taken away, in the order they first came; undefined: they would be too many. */
export function mergedTags(
  tags: readonly Tag[] | null,
  set: readonly Tag[],
  removed: readonly string[],
): readonly Tag[] | undefined {
  const merged = new Map((tags ?? []).map(({ Key, Value }) => [Key, Value]))
  for (const { Key, Value } of set) merged.set(Key, Value)
  for (const key of removed) merged.delete(key)
  if (merged.size > MOST_TAGS) return undefined
  return [...merged].map(([Key, Value]) => ({ Key, Value }))
}
