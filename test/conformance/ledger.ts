import { describe } from "node:test"
import { chain } from "./chain.ts"
import type { EngineFactory } from "./engine.ts"
import { erasure } from "./erasure.ts"
import { keyChanges } from "./key-changes.ts"
import { moves } from "./moves.ts"
import { approvalChanges } from "./approval-changes.ts"
import { notifications } from "./notifications.ts"
import { peopleChanges } from "./people-changes.ts"
import { policyChanges } from "./policy-changes.ts"
import { outsideChanges } from "./outside-changes.ts"
import { roleChanges } from "./role-changes.ts"
import { pruning } from "./pruning.ts"
import { quota } from "./quota.ts"
import { secretChanges } from "./secret-changes.ts"
import { signOnChanges } from "./sign-on-changes.ts"
import { versionChanges } from "./version-changes.ts"

/** What every engine's LedgerWriter must keep. */
export function ledgerConformance(factory: EngineFactory): void {
  describe(`ledger on ${factory.name}`, () => {
    chain(factory)
    moves(factory)
    quota(factory)
    peopleChanges(factory)
    approvalChanges(factory)
    erasure(factory)
    pruning(factory)
    policyChanges(factory)
    outsideChanges(factory)
    roleChanges(factory)
    secretChanges(factory)
    versionChanges(factory)
    keyChanges(factory)
    notifications(factory)
    signOnChanges(factory)
  })
}
