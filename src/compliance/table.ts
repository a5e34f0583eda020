import { accountsAwake, approvalRows, policiesInForce, reviewed, rowsGenuine, secondPerson } from "./checks/access.ts"
import { keysRenewed, rootKeyHeld, valuesSealed } from "./checks/encryption.ts"
import { factorRows, factorsEnforced, overseersHaveFactors } from "./checks/factors.ts"
import { dailyLimits, readsLimited } from "./checks/limits.ts"
import { kept, logWhole, mirrored } from "./checks/log.ts"
import { alarmsHeard, metricsOut } from "./checks/monitoring.ts"
import { endpointsPrivate } from "./checks/network.ts"
import { personsRights } from "./checks/privacy.ts"
import { backedUp, recoverable } from "./checks/recovery.ts"
import { schedulesKept, valuesFresh } from "./checks/rotation.ts"
import { innerLinks, transport } from "./checks/transit.ts"
import { versioned } from "./checks/versions.ts"
import type { Look } from "./finding.ts"
import type { ItemName } from "./frameworks.ts"
import type { Observed } from "./observed.ts"

/** One thing that is looked at. */
export interface Check {
  readonly name: string
  /** The guide's claims it bears on, by number from 1. */
  readonly claims: readonly number[]
  /** What is checked, in words that complete "Checked: ". */
  readonly asks: string
  readonly look: (seen: Observed) => Look
  readonly supports: readonly ItemName[]
}

/** Every check there is, in the order of the claims. */
export const CHECKS: readonly Check[] = [
  {
    name: "values-sealed",
    claims: [1],
    asks: "that every version is sealed by a key of the ring",
    look: valuesSealed,
    supports: ["CC6.1", "CC6.7", "Art. 5(1)(f)", "Art. 32(1)(a)"],
  },
  {
    name: "root-key",
    claims: [1, 11],
    asks: "what wraps the keyring, and whether it can be had back",
    look: rootKeyHeld,
    supports: ["CC6.1", "CC7.5", "Art. 32(1)(a)", "Art. 32(1)(c)"],
  },
  {
    name: "transport",
    claims: [2],
    asks: "which protocols and cipher suites the own port agrees to",
    look: transport,
    supports: ["CC6.6", "CC6.7", "Art. 32(1)(a)"],
  },
  {
    name: "inner-links",
    claims: [2],
    asks: "how the database is reached",
    look: innerLinks,
    supports: ["CC6.7", "Art. 32(1)(a)"],
  },
  {
    name: "log-whole",
    claims: [3],
    asks: "the root over all entries, and the newest entries themselves",
    look: logWhole,
    supports: ["CC7.2", "CC7.3", "Art. 5(2)", "Art. 32(1)(b)", "Art. 33"],
  },
  {
    name: "log-mirrored",
    claims: [3],
    asks: "that copies outside the database are written",
    look: mirrored,
    supports: ["CC7.2", "CC7.5", "Art. 32(1)(b)"],
  },
  {
    name: "log-kept",
    claims: [3, 13],
    asks: "for how long entries keep what they say",
    look: kept,
    supports: ["CC7.3", "Art. 5(1)(e)", "Art. 5(2)"],
  },
  {
    name: "policies",
    claims: [4],
    asks: "that the policy rows are the ones that were signed",
    look: policiesInForce,
    supports: ["CC6.1", "CC6.3", "Art. 25"],
  },
  {
    name: "approval-rows",
    claims: [4],
    asks: "that approvals are asked for wherever the shipped rows ask for them",
    look: approvalRows,
    supports: ["CC6.1", "CC6.3"],
  },
  {
    name: "second-person",
    claims: [4],
    asks: "whether one admin alone could loosen a guard",
    look: secondPerson,
    supports: ["CC6.3", "CC6.8"],
  },
  {
    name: "accounts-awake",
    claims: [4],
    asks: "for accounts that nobody uses, and programs that nobody owns",
    look: accountsAwake,
    supports: ["CC6.2", "CC6.3", "Art. 5(1)(c)"],
  },
  {
    name: "rows-genuine",
    claims: [4],
    asks: "that each account's row carries its code",
    look: rowsGenuine,
    supports: ["CC6.1", "CC6.8", "CC7.1", "Art. 32(1)(b)"],
  },
  {
    name: "schedules",
    claims: [5],
    asks: "that rotations that are due are done",
    look: schedulesKept,
    supports: ["CC6.1", "CC7.1"],
  },
  {
    name: "values-fresh",
    claims: [5],
    asks: "for values that should have been changed",
    look: valuesFresh,
    supports: ["CC6.1", "CC7.4"],
  },
  {
    name: "recovery-window",
    claims: [6],
    asks: "that what is deleted can be restored",
    look: recoverable,
    supports: ["CC6.5", "CC7.5", "Art. 32(1)(c)"],
  },
  {
    name: "backups",
    claims: [6],
    asks: "whether backups are set up",
    look: backedUp,
    supports: ["CC7.5", "Art. 32(1)(b)", "Art. 32(1)(c)"],
  },
  {
    name: "metrics",
    claims: [7],
    asks: "where metrics go, and whether they arrive",
    look: metricsOut,
    supports: ["CC7.1", "CC7.2"],
  },
  {
    name: "alarms",
    claims: [7],
    asks: "that somebody is told of alarms",
    look: alarmsHeard,
    supports: ["CC7.2", "CC7.3", "CC7.4", "Art. 33"],
  },
  {
    name: "read-limits",
    claims: [8],
    asks: "how many reads one caller may make",
    look: readsLimited,
    supports: ["CC6.1", "CC6.6", "CC7.2"],
  },
  {
    name: "daily-limits",
    claims: [8],
    asks: "how many values one caller may see in a day",
    look: dailyLimits,
    supports: ["CC6.1", "CC7.2", "Art. 5(1)(c)"],
  },
  {
    name: "factors-enforced",
    claims: [9],
    asks: "that the demand for a second factor is not switched off",
    look: factorsEnforced,
    supports: ["CC6.1", "CC6.6", "Art. 32(1)(b)"],
  },
  {
    name: "factor-rows",
    claims: [9],
    asks: "that a second factor is asked for wherever the shipped rows ask for one",
    look: factorRows,
    supports: ["CC6.1", "CC6.3"],
  },
  {
    name: "factors-of-admins",
    claims: [9],
    asks: "that admins and auditors have a second factor",
    look: overseersHaveFactors,
    supports: ["CC6.1", "CC6.2", "Art. 32(1)(b)"],
  },
  {
    name: "versions",
    claims: [10],
    asks: "that every live secret has a current version, and earlier ones stay",
    look: versioned,
    supports: ["CC7.5", "Art. 32(1)(c)"],
  },
  {
    name: "keys-renewed",
    claims: [11],
    asks: "how old the key-encryption key is",
    look: keysRenewed,
    supports: ["CC6.1", "Art. 32(1)(a)"],
  },
  {
    name: "endpoints",
    claims: [12],
    asks: "whether the names of AWS lead into a private network",
    look: endpointsPrivate,
    supports: ["CC6.6", "CC6.7"],
  },
  {
    name: "access-review",
    claims: [13],
    asks: "when access was last reviewed",
    look: reviewed,
    supports: ["CC6.2", "CC6.3", "Art. 25", "Art. 32(1)(d)"],
  },
  {
    name: "rights-of-people",
    claims: [13],
    asks: "exports and erasures of personal data",
    look: personsRights,
    supports: ["CC6.5", "Art. 15", "Art. 17", "Art. 30"],
  },
]
