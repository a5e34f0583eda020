import assert from "node:assert/strict"
import type { Caller, Service } from "../../src/operations/service.ts"
import { continueErasures } from "../../src/operations/continue-erasures.ts"
import { draftEntry } from "../../src/operations/entry.ts"
import type { Change } from "../../src/state/change.ts"
import { ADMIN_NAME } from "./people.ts"

/** The first admin, past the routes. */
export async function adminOffline(on: Service): Promise<Caller> {
  const row = await on.reader.principalByName(ADMIN_NAME)
  assert.ok(row)
  const { id, kind, name, roles, epoch } = row
  const principal = { id, kind, name, roles, epoch, assurance: "password" as const, sessionId: null }
  const origin = { requestId: "request-1", ip: "192.0.2.1", userAgent: "test" }
  return { principal, origin, verification: null, refresh: async () => principal }
}

/** Changes with an entry of the admin, as a verb would make them. */
export async function changeOffline(on: Service, about: string, ...changes: Change[]): Promise<void> {
  const { principal, origin } = await adminOffline(on)
  const what = { action: "TEST", resourceType: "person", resourceName: about, reason: null }
  const entry = draftEntry(on, principal, origin, what, { result: "SUCCESS", decision: "test" })
  const act = { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes }
  const [outcome] = await on.ledger.recordAll([act])
  assert.ok(outcome && !("moved" in outcome), JSON.stringify(outcome))
}

/** What an approved request comes to: the order, and its first step. */
export async function orderErasure(on: Service, personId: string): Promise<void> {
  const row = await on.reader.principalById(personId)
  assert.ok(row)
  const expectedEpoch = row.epoch
  const orderedAt = on.clock.now()
  await changeOffline(on, personId, { kind: "orderErasure", personId, requestId: "r-1", expectedEpoch, orderedAt })
  await continueErasures(on, 1)
}
