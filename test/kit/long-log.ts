import { type Act, record } from "../../src/audit/ledger.ts"
import type { Service } from "../../src/operations/service.ts"

const AT_ONCE = 1_000

/** So many entries more, as of reads by a hundred people, through the ledger itself: some 30,000 a second. */
export async function growLog(on: Service, count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE)
    await record(
      on.ledger,
      Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, at) => readOf(on, done + at)),
    )
}

function readOf({ clock, random }: Service, at: number): Act {
  const person = at % 100
  return {
    entry: {
      timestamp: clock.now(),
      requestId: random.uuid(),
      action: "GET",
      result: "SUCCESS",
      resourceType: "secret",
      resourceName: `config/secret-${at % 10_000}`,
      userId: `p_000000000000000000${String(person).padStart(3, "0")}`,
      principalKind: "person",
      roles: ["developer"],
      policyIds: ["default-config"],
      decision: "permit",
      versionId: random.uuid(),
      grantId: null,
      details: "unmask",
      salt: random.bytes(32),
      username: `person-${person}`,
      ipAddress: `10.0.${person}.7`,
      userAgent: "tyler/0.1.0 node/24.21.0",
      reason: `Deploying release ${at} to staging`,
    },
    policyEpoch: null,
    principal: null,
    secret: null,
    grant: null,
    quota: null,
    changes: [],
  }
}
