/** Reads JSON member by member and gathers every fault, each with the path of its member. */
export class Reader {
  readonly faults: string[]
  readonly #value: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #read = new Set<string>()

  constructor(value: unknown, path: string, faults: string[]) {
    this.faults = faults
    this.#path = path
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
    if (!isObject) faults.push(`${path === "" ? "the configuration" : path} must be an object`)
    this.#value = isObject ? (value as Readonly<Record<string, unknown>>) : {}
  }

  /** A member that is an object of its own. */
  part(name: string): Reader {
    return new Reader(this.#take(name), this.#at(name), this.faults)
  }

  /** A list of objects. */
  parts(name: string, [least, most]: readonly [number, number]): readonly Reader[] {
    const value = this.#take(name)
    if (!Array.isArray(value) || value.length < least || value.length > most)
      return this.#fault(name, value, `a list of ${least} to ${most} objects`, [])
    return value.map((one, index) => new Reader(one, `${this.#at(name)}[${index}]`, this.faults))
  }

  /** An object that is handed on as it is. */
  members(name: string): Readonly<Record<string, unknown>> {
    return this.part(name).#value
  }

  text(name: string, pattern: RegExp, wanted: string): string {
    const value = this.#take(name)
    if (typeof value === "string" && pattern.test(value)) return value
    return this.#fault(name, value, wanted, "")
  }

  integer(name: string, least: number, most: number): number {
    const value = this.#take(name)
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
    return this.#fault(name, value, `an integer from ${least} to ${most}`, least)
  }

  flag(name: string, absent: boolean): boolean {
    const value = this.#take(name)
    if (value === undefined) return absent
    if (typeof value === "boolean") return value
    return this.#fault(name, value, "true or false", absent)
  }

  oneOf<T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
    const value = this.#take(name)
    const found = allowed.find((one) => one === value)
    return found ?? this.#fault(name, value, allowed.map((one) => JSON.stringify(one)).join(" or "), allowed[0])
  }

  /** Different texts, each of the pattern. */
  texts(name: string, [least, most]: readonly [number, number], pattern: RegExp, wanted: string): readonly string[] {
    const value = this.#take(name)
    const good =
      Array.isArray(value) &&
      value.length >= least &&
      value.length <= most &&
      new Set(value).size === value.length &&
      value.every((one) => typeof one === "string" && pattern.test(one))
    return good
      ? (value as readonly string[])
      : this.#fault(name, value, `${least} to ${most} different ones of: ${wanted}`, [])
  }

  fault(name: string, text: string): void {
    this.faults.push(`${this.#at(name)} ${text}`)
  }

  /** To be called when all members were read: what is left over was misspelled, and would be ignored. */
  end(): void {
    for (const name of Object.keys(this.#value))
      if (!this.#read.has(name)) this.faults.push(`${this.#at(name)} is not known`)
  }

  #take(name: string): unknown {
    this.#read.add(name)
    return Object.hasOwn(this.#value, name) ? this.#value[name] : undefined
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`
  }

  #fault<T>(name: string, value: unknown, wanted: string, instead: T): T {
    const what = value === undefined ? "is missing; it must be" : `is ${JSON.stringify(value)}; it must be`
    this.faults.push(`${this.#at(name)} ${what} ${wanted}`)
    return instead
  }
}
