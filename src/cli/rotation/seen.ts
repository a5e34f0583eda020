import type { SeenVersion } from "../../api/seen.ts"
import type { TylerClient } from "../../client/client.ts"
import type { SeenOptions } from "../../client/governance.ts"

/** One version that somebody was shown, over all pages and readers. */
export interface SeenItem
  extends Pick<SeenVersion, "name" | "versionId" | "stage" | "outlook" | "strategy" | "lastRead"> {
  /** User names, or the ids of those who were erased. */
  readonly by: readonly string[]
  readonly reads: number
}

/** All of it, in order of names. */
export async function seenItems(client: TylerClient, who: SeenOptions): Promise<readonly SeenItem[]> {
  const items = new Map<string, SeenItem>()
  for await (const one of client.audit.seen(who)) {
    const key = `${one.name} ${one.versionId}`
    items.set(key, joined(items.get(key), one))
  }
  return [...items.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** The newest reads come first, and what is said of the version then is the newest too. */
function joined(known: SeenItem | undefined, one: SeenVersion): SeenItem {
  const { name, versionId, stage, outlook, strategy, lastRead, reads } = one
  const who = one.username ?? one.userId
  if (known === undefined) return { name, versionId, stage, outlook, strategy, lastRead, by: [who], reads }
  return {
    ...known,
    reads: known.reads + reads,
    by: known.by.includes(who) ? known.by : [...known.by, who],
    lastRead: known.lastRead > lastRead ? known.lastRead : lastRead,
  }
}
