import type { Faults } from "./fault.ts"
import { type EntryLine, isPruned, type StandingLine } from "./line.ts"

/** Distinct people or entries remembered per order: a genuine order names one person or one range. */
const MAX_REMEMBERED = 1000

interface Claim {
  /** First entry that lost its personal fields by this order, per person. */
  readonly people: Map<string, number>
  /** Entries that lost everything. */
  first: number
  last: number
}

const RANGE = /^(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})$/

/**
 * Accepts what is missing from an entry only if a later entry ordered it: an ERASE of that person, or a RETAIN of a
 * range that holds the entry. Rules ERA-1 to ERA-4 of spec/audit-log.md. Memory is bounded by the number of orders.
 */
export class Erasures {
  readonly #claims = new Map<number, Claim>()
  readonly #found: Faults
  count = 0

  constructor(faults: Faults) {
    this.#found = faults
  }

  entry(entry: EntryLine): void {
    if (!isPruned(entry)) this.#settle(entry)
    if (entry.erasedBy === null) return
    this.count++
    this.#claim(entry, entry.erasedBy)
  }

  /** Orders that never came, or came too early. */
  end(): void {
    for (const [order, claim] of this.#claims)
      this.#found.add(
        "erasure",
        null,
        firstOf(claim),
        `entry ${firstOf(claim)} is erased by entry ${order}, which does not stand after it`,
      )
  }

  #claim(entry: EntryLine, order: number): void {
    let claim = this.#claims.get(order)
    if (!claim) this.#claims.set(order, (claim = { people: new Map(), first: Infinity, last: -1 }))
    if (isPruned(entry)) {
      claim.first = Math.min(claim.first, entry.index)
      claim.last = Math.max(claim.last, entry.index)
    } else if (!claim.people.has(entry.userId) && claim.people.size < MAX_REMEMBERED)
      claim.people.set(entry.userId, entry.index)
  }

  #settle(order: StandingLine): void {
    const claim = this.#claims.get(order.index)
    if (!claim) return
    this.#claims.delete(order.index)
    const done = order.result === "SUCCESS"
    const erases = done && order.action === "ERASE" && order.resourceType === "person"
    for (const [person, index] of claim.people)
      if (!erases || person !== order.resourceName) this.#refuse(index, order.index)
    if (claim.last < 0) return
    const [, from, to] =
      (done && order.action === "RETAIN" && order.resourceType === "entries" && RANGE.exec(order.resourceName)) || []
    if (from === undefined || claim.first < Number(from)) this.#refuse(claim.first, order.index)
    else if (claim.last > Number(to)) this.#refuse(claim.last, order.index)
  }

  #refuse(index: number, order: number): void {
    this.#found.add("erasure", null, index, `entry ${index} is erased by entry ${order}, which does not order that`)
  }
}

function firstOf(claim: Claim): number {
  return Math.min(claim.first, ...claim.people.values())
}
