/**
 * A cache that replicas share, and that somebody else may read, write, empty and slow down. Whoever uses it seals what he
 * puts there and believes nothing that does not open. It never fails: what cannot be had is not there.
 */
export interface SharedCache {
  /** @param key tells nothing of what it stands for. */
  get(key: string): Promise<Buffer | undefined>
  /** Not waited for. @param ttlMs after which it may be forgotten. */
  put(key: string, entry: Buffer, ttlMs: number): void
  /** Code of what is wrong with it; null: it answers. */
  trouble(): string | null
  close(): void
}
