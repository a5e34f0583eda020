/** Names that are told of many. */
const SHOWN = 20

/** Some of what was found, and how many there were. */
export class Some {
  count = 0
  readonly #names: string[] = []

  add(name: string): void {
    this.count++
    if (this.#names.length < SHOWN) this.#names.push(name)
  }

  /** `ada, bela and 3 more`; empty for none. */
  get text(): string {
    const more = this.count - this.#names.length
    return more === 0 ? this.#names.join(", ") : `${this.#names.join(", ")} and ${more} more`
  }
}

export function someOf(names: Iterable<string>): Some {
  const some = new Some()
  for (const name of names) some.add(name)
  return some
}
