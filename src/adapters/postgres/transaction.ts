import type { Client } from "pg"
import type { Act } from "../../audit/ledger.ts"
import { applyChange } from "./changes.ts"
import { ConflictError } from "./conflict.ts"
import { type Judged, recordActs, type Unsigned, type Written } from "./record-call.ts"

/**
 * Writes acts in one transaction, in order. Acts without changes (or that only note the day of a secret's last use) go
 * in one call of `record_acts`; the others need statements of their own around it.
 */
export function writeActs(db: Client, acts: readonly Act[]): Promise<Written> {
  const plain = acts.map(asPlain)
  return plain.every((act) => act !== undefined) ? recordActs(db, plain) : writeWithChanges(db, acts, plain)
}

/** Undefined for an act that needs statements of its own. */
function asPlain(act: Act): Judged | undefined {
  const [change, ...more] = act.changes
  if (change === undefined) return { ...act, touch: null }
  return change.kind === "touchSecret" && more.length === 0 ? { ...act, touch: change } : undefined
}

async function writeWithChanges(
  db: Client,
  acts: readonly Act[],
  plain: readonly (Judged | undefined)[],
): Promise<Written> {
  await db.query("BEGIN")
  try {
    const outcomes: Unsigned[] = []
    let end: Written | undefined
    while (outcomes.length < acts.length) {
      const from = outcomes.length
      const act = acts[from] as Act
      end = plain[from] === undefined ? await writeChanging(db, act) : await recordActs(db, runOf(plain, from))
      outcomes.push(...end.outcomes)
    }
    const done = await db.query("COMMIT")
    // COMMIT of a transaction that has failed answers ROLLBACK, without an error.
    if (done.command !== "COMMIT" || end === undefined) throw new Error("the transaction did not commit")
    return { outcomes, size: end.size, root: end.root }
  } catch (error) {
    await db.query("ROLLBACK").catch(() => undefined)
    throw error
  }
}

function runOf(plain: readonly (Judged | undefined)[], from: number): readonly Judged[] {
  const end = plain.indexOf(undefined, from)
  return plain.slice(from, end === -1 ? plain.length : end) as readonly Judged[]
}

const JUDGED = { policyEpoch: null, principal: null, secret: null, grant: null, quota: null, entry: null, touch: null }

/** The first call takes the head row's lock and judges; what the changes move is not held against the act itself. */
async function writeChanging(db: Client, act: Act): Promise<Written> {
  const { policyEpoch, principal, secret, grant } = act
  const judged = await recordActs(db, [{ ...JUDGED, policyEpoch, principal, secret, grant }])
  if (judged.outcomes.some((outcome) => "moved" in outcome)) return judged
  await db.query("SAVEPOINT act")
  try {
    for (const change of act.changes) await applyChange(db, change, judged.size)
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    await db.query("ROLLBACK TO act")
    return { ...judged, outcomes: [{ moved: { kind: "conflict", conflict: error.conflict } }] }
  }
  const written = await recordActs(db, [{ ...JUDGED, quota: act.quota, entry: act.entry }])
  const stands = written.outcomes.every((outcome) => !("moved" in outcome))
  await db.query(stands ? "RELEASE act" : "ROLLBACK TO act")
  return written
}
