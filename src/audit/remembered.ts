/**
 * The newest things of one sort, by key, within a budget: whoever made the file does not decide how much memory reading
 * it takes. Putting a key again makes it the newest.
 */
export class Remembered<Value> {
  readonly #items = new Map<string, { readonly value: Value; readonly cost: number }>()
  readonly #budget: number
  #spent = 0
  /** Something was put that is no longer here. */
  forgot = false

  /** @param budget in the unit of each item's cost. */
  constructor(budget: number) {
    this.#budget = budget
  }

  get(key: string): Value | undefined {
    return this.#items.get(key)?.value
  }

  has(key: string): boolean {
    return this.#items.has(key)
  }

  put(key: string, value: Value, cost: number): void {
    this.remove(key)
    this.#items.set(key, { value, cost })
    this.#spent += cost
    for (const oldest of this.#items.keys()) {
      if (this.#spent <= this.#budget) return
      this.remove(oldest)
      this.forgot = true
    }
  }

  remove(key: string): void {
    this.#spent -= this.#items.get(key)?.cost ?? 0
    this.#items.delete(key)
  }
}
