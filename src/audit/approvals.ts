import { equalBytes, toBase64url } from "../core/bytes.ts"
import { judgeAssertion } from "../core/webauthn-assertion.ts"
import {
  type Approval,
  approvalChallenge,
  isDetailId,
  parseAccessApprove,
  parseAccessRequest,
  parseFactorAdded,
  parseFactorRemoved,
  type Passkey,
  requestDigest,
  type Signature,
} from "./approval-details.ts"
import type { Faults } from "./fault.ts"
import { type EntryLine, isPruned, type StandingLine } from "./line.ts"
import { Remembered } from "./remembered.ts"

/**
 * Bytes of each of four sorts that are remembered, 64 MiB in all: some 75,000 requests, 95,000 approvals, 115,000 nonces
 * and the passkeys of 25,000 people. Older ones are forgotten: what leans on them is unchecked, what repeats them unnoticed.
 */
const BUDGET = 16 * 1_048_576
/** What an item takes beside its texts and bytes, about. */
const OVERHEAD = 100
/** Passkeys remembered per person: the newest. */
const MAX_PASSKEYS = 100

interface KnownRequest {
  readonly index: number
  readonly userId: string
  readonly digest: string
}

/** As the entry spells it: what is remembered takes as much memory as its text. */
interface KnownPasskey {
  readonly index: number
  readonly details: string
}

/** The entry breaks a rule. */
class Broken extends Error {}

/**
 * Holds the entries about factors, requests and approvals against one another: rules APP-1 to APP-9 of
 * spec/audit-log.md. What retention emptied cannot be checked and is counted, never a fault.
 */
export class Approvals {
  readonly #found: Faults
  readonly #requests = new Remembered<KnownRequest>(BUDGET)
  readonly #decided = new Remembered<true>(BUDGET)
  readonly #nonces = new Remembered<true>(BUDGET)
  /** By person. */
  readonly #passkeys = new Remembered<readonly KnownPasskey[]>(BUDGET)
  /** Index of the newest entry that retention has emptied so far. */
  #emptied = -1
  /** Approvals read. */
  count = 0
  /** Of those, how many bear a signature that was verified. */
  signatures = 0
  /** Of those, how many could not be checked in full. */
  unchecked = 0

  constructor(faults: Faults) {
    this.#found = faults
  }

  entry(entry: EntryLine, line: number): void {
    if (isPruned(entry)) {
      this.#emptied = entry.index
      return
    }
    if (entry.result !== "SUCCESS") return
    try {
      RULES.get(entry.action)?.(this, entry)
      const reset = RESETS.has(entry.action) ? RESET.exec(entry.details ?? "")?.[1] : undefined
      if (reset !== undefined) this.#passkeys.remove(reset)
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      this.#found.add("approval", line, entry.index, `entry ${entry.index}: ${error.message}`)
    }
  }

  added(entry: StandingLine): void {
    const userId = id(entry.userId)
    if (read(entry, parseFactorAdded).kind !== "passkey") return
    const fresh = { index: entry.index, details: entry.details ?? "" }
    const all = [...(this.#passkeys.get(userId) ?? []), fresh]
    this.#keep(userId, all.slice(-MAX_PASSKEYS))
    if (all.length > MAX_PASSKEYS) this.#passkeys.forgot = true
  }

  removed(entry: StandingLine): void {
    const gone = read(entry, parseFactorRemoved)
    const held = this.#passkeys.get(entry.resourceName) ?? []
    this.#keep(
      entry.resourceName,
      held.filter((each) => !gone.includes(passkeyOf(each).factor)),
    )
  }

  requested(entry: StandingLine): void {
    const { facts, digest } = read(entry, parseAccessRequest)
    const [requestId, userId] = [requestOf(entry), id(entry.userId)]
    if (!equalBytes(digest, requestDigest(requestId, userId, facts)))
      throw new Broken("the request's digest is not that of what it asks")
    if (this.#requests.has(requestId)) throw new Broken("the request's id was used before")
    const known = { index: entry.index, userId, digest: toBase64url(digest) }
    this.#requests.put(requestId, known, OVERHEAD + requestId.length + userId.length + known.digest.length)
  }

  approved(entry: StandingLine): void {
    this.count++
    const approval = read(entry, parseAccessApprove)
    const key = `${requestOf(entry)} ${id(entry.userId)}`
    const unsure = [this.#judgeRequest(entry, approval), this.#judgeSigner(entry, approval)]
    if (this.#decided.has(key)) throw new Broken("this person has approved this request before")
    this.#decided.put(key, true, OVERHEAD + key.length)
    if (unsure.includes(true)) this.unchecked++
  }

  /** Answers whether something that bears on this cannot be read any more. */
  #judgeRequest(entry: StandingLine, { digest }: Approval): boolean {
    const request = this.#requests.get(entry.resourceName)
    if (request === undefined) return this.#excused(this.#requests, "no request with this id was logged before")
    if (request.digest !== toBase64url(digest)) throw new Broken("what was approved is not what was asked")
    if (request.userId === entry.userId) throw new Broken("the approver is who asked")
    return request.index < this.#emptied
  }

  /** As `judgeRequest`. Whoever holds a passkey has to use it; one whose removal may have been emptied proves nothing. */
  #judgeSigner({ userId }: StandingLine, { digest, signed }: Approval): boolean {
    const held = this.#passkeys.get(userId) ?? []
    if (signed !== undefined) return this.#judgeSignature(held, digest, signed)
    const newest = held.at(-1)?.index ?? -1
    if (newest > this.#emptied) throw new Broken("the approver holds a passkey and has not signed")
    return newest < this.#emptied || this.#passkeys.forgot
  }

  #judgeSignature(held: readonly KnownPasskey[], digest: Uint8Array, signed: Signature): boolean {
    const nonce = toBase64url(signed.nonce)
    if (this.#nonces.has(nonce)) throw new Broken("the nonce was used before")
    this.#nonces.put(nonce, true, OVERHEAD + nonce.length)
    const known = held.findLast((each) => equalBytes(passkeyOf(each).credential, signed.credential))
    if (known === undefined)
      return this.#excused(this.#passkeys, "the approver holds no passkey with this credential id")
    const { key: publicKeySpki, algorithm, rpId, origin } = passkeyOf(known)
    const challenge = approvalChallenge(signed.nonce, digest)
    const judged = judgeAssertion({ publicKeySpki, algorithm, rpId, origin, challenge }, signed)
    if ("fault" in judged) throw new Broken(`the passkey's signature is not one of this approval (${judged.fault})`)
    this.signatures++
    return known.index < this.#emptied
  }

  /** True, if what is missing may have been there. */
  #excused(among: { readonly forgot: boolean }, what: string): true {
    if (this.#emptied < 0 && !among.forgot) throw new Broken(what)
    return true
  }

  #keep(userId: string, passkeys: readonly KnownPasskey[]): void {
    if (passkeys.length === 0) return this.#passkeys.remove(userId)
    const cost = passkeys.reduce((sum, { details }) => sum + OVERHEAD + details.length, OVERHEAD + userId.length)
    this.#passkeys.put(userId, passkeys, cost)
  }
}

/** APP-11: what takes all factors of an account away says whose. */
const RESETS: ReadonlySet<string> = new Set(["USER_CHANGE", "ACCESS_APPROVE", "CHANGE_EFFECTIVE", "ADMIN_RECOVERED"])
const RESET = /(?:^| )factorsReset=([A-Za-z0-9._:-]{1,128})(?: |$)/

/** By action; entries with other actions say nothing of approvals. */
const RULES: ReadonlyMap<string, (approvals: Approvals, entry: StandingLine) => void> = new Map([
  ["FACTOR_ADDED", (approvals, entry) => approvals.added(entry)],
  ["FACTOR_REMOVED", (approvals, entry) => approvals.removed(entry)],
  ["ACCESS_REQUEST", (approvals, entry) => approvals.requested(entry)],
  ["ACCESS_APPROVE", (approvals, entry) => approvals.approved(entry)],
])

function passkeyOf({ details }: KnownPasskey): Passkey {
  return parseFactorAdded(details) as Passkey
}

function read<Parsed>(entry: StandingLine, parse: (text: string) => Parsed | undefined): Parsed {
  const parsed = parse(entry.details ?? "")
  if (parsed === undefined) throw new Broken(`the details are not those of ${entry.action}`)
  return parsed
}

function requestOf(entry: StandingLine): string {
  if (entry.resourceType !== "request") throw new Broken("it is not about a request")
  return id(entry.resourceName)
}

function id(text: string): string {
  if (!isDetailId(text)) throw new Broken("an id is not spelled as ids are")
  return text
}
