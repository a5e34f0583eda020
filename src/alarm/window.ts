/** Times of the newest events, as many as it takes to know whether one more than the limit fell within a period. */
export class Recent {
  readonly #limit: number
  readonly #periodMs: number
  readonly #times: number[] = []

  /** @param limit events in any stretch of `periodMs` that are not too many, 0 or more; so much memory it may take */
  constructor(limit: number, periodMs: number) {
    this.#limit = limit
    this.#periodMs = periodMs
  }

  /** @returns how many lie within one period with this one, if those are too many; beyond the limit it does not count */
  add(at: number): number | undefined {
    this.#times.push(at)
    if (this.#times.length <= this.#limit) return undefined
    if (this.#times.length > this.#limit + 1) this.#times.shift()
    return at - (this.#times[0] ?? 0) < this.#periodMs ? this.#times.length : undefined
  }
}

/** The same for different things: how often each comes is nothing to it. */
export class Different {
  readonly #limit: number
  readonly #periodMs: number
  /** When each was last seen, oldest first. */
  readonly #seen = new Map<string, number>()

  constructor(limit: number, periodMs: number) {
    this.#limit = limit
    this.#periodMs = periodMs
  }

  add(thing: string, at: number): number | undefined {
    this.#seen.delete(thing)
    this.#seen.set(thing, at)
    if (this.#seen.size > this.#limit + 1) this.#seen.delete(this.#oldest()[0])
    return this.#seen.size > this.#limit && at - this.#oldest()[1] < this.#periodMs ? this.#seen.size : undefined
  }

  #oldest(): readonly [thing: string, at: number] {
    const [oldest] = this.#seen
    return oldest ?? ["", 0]
  }
}

/** At most so many of something each, the one that was used longest ago goes first. */
export class Bounded<T> {
  readonly #most: number
  readonly #make: () => T
  readonly #held = new Map<string, T>()

  constructor(most: number, make: () => T) {
    this.#most = most
    this.#make = make
  }

  of(key: string): T {
    const held = this.#held.get(key) ?? this.#make()
    this.#held.delete(key)
    this.#held.set(key, held)
    if (this.#held.size > this.#most) {
      const oldest = this.#held.keys().next()
      if (!oldest.done) this.#held.delete(oldest.value)
    }
    return held
  }

  get size(): number {
    return this.#held.size
  }
}
