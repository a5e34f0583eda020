import { type Approval, approvalChallenge, factorRemovedDetails } from "../../src/audit/approval-details.ts"
import type { EntryRow } from "../../src/state/rows.ts"
import type { Misbehaviour, SoftwarePasskey } from "../kit/passkey.ts"
import {
  added,
  approved,
  asked,
  digestOf,
  FACTS,
  factorStep,
  logOf,
  nonceOf,
  signedBy,
  type Step,
} from "./sample-approvals.ts"
import { emptied, erased, eraseOrder, exportOf, retainOrder } from "./sample-log.ts"
import { ORIGIN, samplePasskey } from "./sample-passkeys.ts"
import type { Vector } from "./tampered.ts"

/** Logs that are whole and signed by the log's key: only the approvals in them are at fault, or nothing is. */

const curve = samplePasskey("es256", -7)
const edwards = samplePasskey("eddsa", -8)
const rsa = samplePasskey("rs256", -257)
const digest = digestOf("request-1", "asker")
const totp = (userId: string): Step => factorStep("FACTOR_ADDED", userId, userId, "factor=f-9 kind=totp")
const removed = (owner: string, ...factors: string[]): Step =>
  factorStep("FACTOR_REMOVED", "admin-1", owner, factorRemovedDetails(factors))

const sign = (
  userId: string,
  passkey: SoftwarePasskey,
  name: string,
  { odd, over, id = "request-1", of = digest }: { odd?: Misbehaviour; over?: object; id?: string; of?: Buffer } = {},
): Step => {
  passkey.counter = 0
  return approved(id, userId, { digest: of, signed: { ...signedBy(passkey, of, name, odd), ...over }, facts: {} })
}
const plain = (userId: string, over: Partial<Approval> = {}): Step =>
  approved("request-1", userId, { digest, facts: {}, ...over })

/** Entry 0 to 2: a passkey, a request and the signed approval. */
const HEAD = [added("boss-1", "f-1", curve), asked("request-1", "asker")]
const STORY = [...HEAD, sign("boss-1", curve, "a")]
const ALL = [
  added("boss-1", "f-1", curve),
  added("boss-2", "f-2", edwards),
  added("boss-3", "f-3", rsa),
  totp("boss-4"),
  asked("request-1", "asker"),
  sign("boss-1", curve, "a"),
  sign("boss-2", edwards, "b"),
  sign("boss-3", rsa, "c"),
  plain("boss-4", { facts: { approverCreatedByRequester: "true" } }),
]

const good = (name: string, rows: readonly EntryRow[], ...checked: readonly [number, number, number]): Vector => ({
  name,
  lines: exportOf(rows),
  faults: [],
  checked,
})
const bad = (name: string, steps: readonly Step[], index = steps.length - 1): Vector => ({
  name,
  lines: exportOf(logOf(steps)),
  faults: [`approval ${index} ${index}`],
})
/** The approval of the story, with another answer of the passkey. */
const odd = (name: string, odd: Misbehaviour): Vector => bad(name, [...HEAD, sign("boss-1", curve, "a", { odd })])
/** Details changed in one entry; the fault is found in it or in a later one that leans on it. */
const respelled = (name: string, steps: readonly Step[], at: number, from: string, to: string, found = at): Vector =>
  bad(name, steps.with(at, { ...steps[at], details: (steps[at]?.details ?? "").replace(from, to) }), found)
/** The log after retention emptied these entries by an order at its end. */
const retained = (steps: readonly Step[], first: number, last: number, orderAt = steps.length): EntryRow[] => {
  const rows = logOf(steps.toSpliced(orderAt, 0, {}))
  const order = retainOrder(orderAt, first, last)
  return rows.map((row) => (row.index >= first && row.index <= last ? emptied(row, orderAt) : row)).with(orderAt, order)
}
const challenge = approvalChallenge(nonceOf("a"), digest).toString("base64url")
/** What the story's client said, but for `over`. */
const clientData = (over: object = {}): string =>
  JSON.stringify({ type: "webauthn.get", challenge, origin: ORIGIN, ...over })

const RIGHT: readonly Vector[] = [
  good("approval-signed", logOf(STORY), 1, 1, 0),
  good("approvals-of-every-algorithm", logOf(ALL), 4, 3, 0),
  good("approval-without-passkey", logOf([asked("request-1", "asker"), plain("boss-4")]), 1, 0, 0),
  good(
    "approval-unsigned-after-passkeys-were-removed",
    logOf([
      added("boss-1", "f-1", curve),
      added("boss-1", "f-2", rsa),
      removed("boss-1", "f-1", "f-2"),
      asked("request-1", "asker"),
      plain("boss-1"),
    ]),
    1,
    0,
    0,
  ),
  good(
    "approval-with-the-passkey-that-is-left",
    logOf([
      added("boss-1", "f-1", curve),
      added("boss-1", "f-2", rsa),
      removed("boss-1", "f-1"),
      asked("request-1", "asker"),
      sign("boss-1", rsa, "a"),
    ]),
    1,
    1,
    0,
  ),
  good(
    "approval-refused-is-none",
    logOf([...HEAD, { ...plain("boss-1"), result: "DENIED", details: "whatever" }]),
    0,
    0,
    0,
  ),
  good(
    "approval-with-extensions",
    logOf([...HEAD, sign("boss-1", curve, "a", { odd: { flags: 0x80, trailing: Buffer.of(0xa0) } })]),
    1,
    1,
    0,
  ),
  good(
    "approval-with-a-backed-up-passkey",
    logOf([...HEAD, sign("boss-1", curve, "a", { odd: { flags: 0x18 } })]),
    1,
    1,
    0,
  ),
  good(
    "approval-by-an-erased-person",
    [...logOf(STORY).map((row) => (row.userId === "boss-1" ? erased(row, 3) : row)), eraseOrder(3, "boss-1")],
    1,
    1,
    0,
  ),
  good("approval-with-request-emptied", retained(STORY, 1, 1), 1, 1, 1),
  good("approval-with-passkey-emptied", retained(STORY, 0, 0), 1, 0, 1),
  good("approval-emptied-itself", retained(STORY, 2, 2), 0, 0, 0),
  good("approvals-with-all-before-emptied", retained(ALL, 0, 4), 4, 0, 4),
  good(
    "approval-unsigned-with-a-removal-emptied",
    retained([...HEAD, removed("boss-1", "f-1"), plain("boss-1")], 2, 2),
    1,
    0,
    1,
  ),
  good("approval-after-entries-that-were-emptied", retained([{}, ...STORY], 0, 0), 1, 1, 0),
]

const WRONG: readonly Vector[] = [
  respelled("request-facts-changed", HEAD, 1, "minutes=60", "minutes=61"),
  bad("request-of-another-asker", STORY.with(1, { ...STORY[1], userId: "asker-2" }).slice(0, 2), 1),
  bad("request-under-another-id", STORY.with(1, { ...STORY[1], resourceName: "request-2" }).slice(0, 2), 1),
  bad("request-id-used-twice", [...HEAD, asked("request-1", "asker-2")]),
  bad("request-without-facts", [{ ...asked("request-1", "asker"), details: "digest=AAAA" }]),
  bad("request-of-another-type", [{ ...asked("request-1", "asker"), resourceType: "secret" }]),
  bad("factor-details-respelled", [{ ...added("boss-1", "f-1", curve), details: "kind=totp factor=f-1" }]),
  bad("factor-details-missing", [{ ...added("boss-1", "f-1", curve), details: null }]),
  bad("factor-removed-without-factor", [{ ...removed("boss-1", "f-1"), details: "factor=" }]),

  bad("approval-without-request", [added("boss-1", "f-1", curve), sign("boss-1", curve, "a")]),
  bad("approval-before-request", [HEAD[0] as Step, sign("boss-1", curve, "a"), HEAD[1] as Step], 1),
  bad("approval-of-another-digest", [
    ...HEAD,
    sign("boss-1", curve, "a", { of: digestOf("request-1", "asker", { ...FACTS, minutes: "600" }) }),
  ]),
  bad("approval-by-who-asked", [added("asker", "f-1", curve), asked("request-1", "asker"), sign("asker", curve, "a")]),
  bad("approval-by-who-asked-unsigned", [asked("request-1", "asker"), plain("asker")]),
  bad("approval-twice", [...STORY, sign("boss-1", curve, "b")]),
  bad("approval-twice-unsigned", [asked("request-1", "asker"), plain("boss-4"), plain("boss-4")]),
  bad("approval-unsigned-with-a-passkey", [...HEAD, plain("boss-1")]),
  bad("approval-unsigned-with-one-passkey-left", [
    added("boss-1", "f-2", rsa),
    ...HEAD,
    removed("boss-1", "f-1"),
    plain("boss-1"),
  ]),
  bad("approval-unsigned-while-another-lost-his", [...HEAD, removed("boss-2", "f-1"), plain("boss-1")]),
  bad("approval-signed-by-no-passkey", [asked("request-1", "asker"), sign("boss-1", curve, "a")]),
  bad(
    "approval-signed-by-a-later-passkey",
    [asked("request-1", "asker"), sign("boss-1", curve, "a"), added("boss-1", "f-1", curve)],
    1,
  ),
  bad("approval-signed-by-a-removed-passkey", [...HEAD, removed("boss-1", "f-1"), sign("boss-1", curve, "a")]),
  bad("approval-signed-by-a-passkey-of-another", [
    ...HEAD,
    added("boss-2", "f-2", edwards),
    sign("boss-2", curve, "a"),
  ]),
  bad("approval-signed-by-another-key", [
    ...HEAD,
    sign("boss-1", edwards, "a", { over: { credential: curve.credentialId } }),
  ]),
  bad("approval-nonce-used-twice", [
    ...STORY,
    asked("request-2", "asker"),
    sign("boss-1", curve, "a", { id: "request-2", of: digestOf("request-2", "asker") }),
  ]),
  bad("approval-nonce-changed", [...HEAD, sign("boss-1", curve, "a", { over: { nonce: Buffer.alloc(32, 1) } })]),
  bad("approval-signature-changed", [
    ...HEAD,
    sign("boss-1", curve, "a", { over: { signature: Buffer.alloc(70, 1) } }),
  ]),
  bad("approval-of-another-request-signed", [
    ...HEAD,
    asked("request-2", "asker"),
    approved("request-2", "boss-1", {
      digest: digestOf("request-2", "asker"),
      signed: signedBy(curve, digest, "a"),
      facts: {},
    }),
  ]),
  odd("approval-user-not-verified", { userVerified: false }),
  odd("approval-user-not-present", { userPresent: false }),
  odd("approval-at-another-origin", { origin: "https://tyler.example.evil.example" }),
  odd("approval-for-another-rp", { rpId: "example" }),
  odd("approval-registration-for-assertion", { type: "webauthn.create" }),
  odd("approval-in-a-frame", { crossOrigin: true }),
  odd("approval-in-an-odd-frame", { clientDataJSON: clientData({ crossOrigin: "" }) }),
  odd("approval-below-another-origin", { topOrigin: "https://other.example" }),
  odd("approval-without-challenge", { clientDataJSON: clientData({ challenge: undefined }) }),
  odd("approval-client-data-not-json", { clientDataJSON: "{" }),
  odd("approval-client-data-null", { clientDataJSON: "null" }),
  odd("approval-client-data-with-byte-order-mark", { clientDataJSON: `\ufeff${clientData()}` }),
  odd("approval-client-data-not-utf-8", { clientDataJSON: Buffer.from([0x22, 0xff, 0x22]) }),
  odd("approval-with-attested-data", { flags: 0x40 }),
  odd("approval-with-bytes-at-the-end", { trailing: Buffer.of(0) }),
  odd("approval-with-extensions-missing", { flags: 0x80 }),
  odd("approval-backed-up-but-not-eligible", { flags: 0x10 }),
  respelled("passkey-key-changed", STORY, 0, "key=MFkw", "key=MFkx", 2),
  respelled("passkey-of-another-algorithm", STORY, 0, "algorithm=-7", "algorithm=-257", 2),
  respelled("approval-digest-padded", STORY, 2, " nonce", "= nonce"),
  respelled("approval-with-two-spaces", STORY, 2, " nonce", "  nonce"),
  respelled("approval-without-credential", STORY, 2, " credential=", " credentials="),
  respelled("approval-with-a-reserved-fact", STORY, 2, " signature=", " signature=AA signature="),
  bad("approval-with-a-fact-twice", [...HEAD, { ...STORY[2], details: `${STORY[2]?.details} a=1 a=2` }]),
  bad("approval-with-an-odd-id", [...HEAD, { ...STORY[2], resourceName: "request 1" }]),
  bad("approval-of-another-type", [...HEAD, { ...STORY[2], resourceType: "secret" }]),
]

export const APPROVALS: readonly Vector[] = [
  ...RIGHT,
  ...WRONG,
  {
    name: "approval-by-who-asked-beside-emptied-entries",
    lines: exportOf(retained([{}, asked("request-1", "asker"), plain("asker")], 0, 0)),
    faults: ["approval 2 2"],
  },
  {
    name: "approval-unsigned-beside-emptied-entries",
    lines: exportOf(retained([{}, ...HEAD, plain("boss-1")], 0, 0)),
    faults: ["approval 3 3"],
  },
  {
    name: "approval-faults-are-not-told-of-a-changed-log",
    lines: exportOf(logOf([asked("request-1", "asker"), plain("asker")])).map((line, index) =>
      index === 1 ? line.replace('"decision":"permit"', '"decision":"denied"') : line,
    ),
    faults: ["changed 0 0"],
  },
  {
    name: "two-approval-faults",
    lines: exportOf(logOf([asked("request-1", "asker"), plain("asker"), asked("request-1", "asker")])),
    faults: ["approval 1 1", "approval 2 2"],
  },
]

/** A log with an approval of each sort, for tests that change it. */
export const ALL_APPROVED: readonly EntryRow[] = logOf(ALL)
