/** What the ledger answers once an entry is durable. */
export interface ReceiptFacts {
  /** Position of the entry in the log, from 0. */
  readonly index: number
  /** RFC 6962 leaf hash. */
  readonly leafHash: Uint8Array
  /** C2SP signed checkpoint of a tree that holds the entry. */
  readonly checkpoint: string
}

/**
 * Evidence that an entry is durable. Only `issueReceipt` makes one, and only `audit/ledger.ts` may import that (the
 * import check holds it). A receipt lets exactly one value out.
 */
class DurableReceipt {
  #spent = false
  readonly facts: ReceiptFacts

  constructor(facts: ReceiptFacts) {
    this.facts = facts
  }

  static spend(receipt: unknown): ReceiptFacts {
    if (typeof receipt !== "object" || receipt === null || !(#spent in receipt)) throw new Error("not a receipt")
    if (receipt.#spent) throw new Error("a receipt lets one value out, once")
    receipt.#spent = true
    return receipt.facts
  }
}

export type Receipt = DurableReceipt

export function issueReceipt(facts: ReceiptFacts): Receipt {
  return new DurableReceipt(facts)
}

/** Uses the receipt up. Throws on a forged or a spent one. */
export function spendReceipt(receipt: Receipt): ReceiptFacts {
  return DurableReceipt.spend(receipt)
}
