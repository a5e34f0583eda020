/**
 * A cache that replicas share, and that somebody else may read, write, empty and slow down. Whoever uses it seals what he
 * puts there and believes nothing that does not open. It never fails: what cannot be had is not there.
 */
export interface SharedCache {
  /** @param key tells nothing of what it stands for. `unanswered`: it did not say, or was not asked because it lately failed. */
  get(key: string): Promise<Buffer | "none" | "unanswered">
  /** Not waited for. @param ttlMs after which it may be forgotten. */
  put(key: string, entry: Buffer, ttlMs: number): void
  /** Code of what is wrong with it; null: it answers. */
  trouble(): string | null
  close(): void
}

/** What came of a look: `disbelieved` is an entry that did not open, was too old, or came from the future. */
export const LOOK_OUTCOMES = ["hit", "miss", "disbelieved", "unanswered"] as const

export type Looks = Record<(typeof LOOK_OUTCOMES)[number], number>

export function newLooks(): Looks {
  return { hit: 0, miss: 0, disbelieved: 0, unanswered: 0 }
}

/** What operators are told of one. */
export interface SharedCacheState {
  trouble(): string | null
  readonly looks: Readonly<Looks>
}
