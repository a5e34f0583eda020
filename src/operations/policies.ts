import { createHmac } from "node:crypto"
import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Keyring } from "../envelope/keyring.ts"
import { type PolicySet, policyMacBytes, policySet } from "../policy/document.ts"
import { locksAdminsOut } from "../policy/lockout.ts"
import type { Change } from "../state/change.ts"
import type { StateReader } from "../state/reader.ts"
import type { PolicyRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/** The policy set as last read. It may be stale; the record transaction compares its epoch with the row. */
export interface PolicySource {
  current(): Promise<PolicySet>
  /** Reads it anew and checks its authentication code. */
  reload(): Promise<PolicySet>
}

export function macOfPolicies(keyring: Keyring, rows: readonly PolicyRow[], epoch: number): Buffer {
  return createHmac("sha256", keyring.rowsKey).update(policyMacBytes(rows, epoch)).digest()
}

/** The set's next epoch. @throws TylerError `policy_lockout` if it would lock every admin out */
export function putPolicies(
  on: Pick<Service, "keyring">,
  policies: PolicySet,
  put: readonly PolicyRow[],
  removed: readonly string[],
): Change {
  const kept = policies.rows.filter((row) => !removed.includes(row.id) && !put.some((one) => one.id === row.id))
  const rows = [...kept, ...put]
  const lockout = locksAdminsOut(rows)
  if (lockout !== undefined)
    throw new TylerError("policy_lockout", { error: lockout.text, policyId: lockout.policyId, verb: lockout.verb })
  const epoch = policies.epoch + 1
  return { kind: "putPolicies", put, removed, epoch, mac: macOfPolicies(on.keyring(), rows, epoch) }
}

export function policySource(reader: StateReader, keyring: () => Keyring): PolicySource {
  let held: PolicySet | undefined
  let loading: Promise<PolicySet> | undefined

  /** Rows and epoch are two reads; a change between them shows as another epoch, and both are read again. */
  async function load(): Promise<PolicySet> {
    for (let round = 0; round < 5; round++) {
      const before = await reader.head()
      const rows = await reader.policies()
      const after = await reader.head()
      if (before.policyEpoch !== after.policyEpoch) continue
      if (!equalBytes(macOfPolicies(keyring(), rows, after.policyEpoch), after.policyMac)) {
        held = undefined
        throw new TylerError("policy_tampered", {}, `the policy set of epoch ${after.policyEpoch}`)
      }
      held = policySet(rows, after.policyEpoch)
      return held
    }
    throw new TylerError("busy")
  }

  function reload(): Promise<PolicySet> {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }

  return { current: async () => held ?? reload(), reload }
}
