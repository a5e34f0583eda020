import { createSecretKey, randomBytes } from "node:crypto"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { sqliteReader } from "../../src/adapters/sqlite/reader.ts"
import { systemClock } from "../../src/core/clock.ts"
import type { SecretName } from "../../src/core/name.ts"
import { grantGenuine, grantMac } from "../../src/identity/row-mac.ts"
import { decide, type Question } from "../../src/policy/decide.ts"
import { type PolicySet, policySet } from "../../src/policy/document.ts"
import type { GrantRow, PolicyRow } from "../../src/state/rows.ts"
import { startProcess } from "../../test/kit/process.ts"
import { median } from "../kit.ts"

export interface Sizes {
  readonly people: number
  readonly policies: number
  readonly grants: number
}

const TURNS = 20_000
const WARM_UP = 5000
const KEY = createSecretKey(randomBytes(32))

/** Microseconds that one decision takes: by itself, and with the grant read from SQLite and its code checked. */
export async function decisions(sizes: Sizes): Promise<{ readonly pure: number; readonly whole: number }> {
  const server = await startProcess()
  await server.stop()
  const path = join(server.folder, "data", "tyler.db")
  fill(path, sizes)
  const reader = sqliteReader(path, systemClock)
  const set = policySet(
    Array.from({ length: sizes.policies }, (_one, at) => policy(at)),
    1,
  )
  const [pure, whole]: [number[], number[]] = [[], []]
  try {
    for (let turn = 0; turn < TURNS + WARM_UP; turn++) {
      const at = (turn * 7919) % sizes.grants
      const began = process.hrtime.bigint()
      const [lease] = await reader.grantsFor(personOf(at, sizes), secretOf(at), "read")
      if (lease === undefined || !grantGenuine(KEY, lease)) throw new Error("void: no genuine grant")
      const looked = process.hrtime.bigint()
      permit(set, question(at, sizes, lease))
      const ended = process.hrtime.bigint()
      if (turn < WARM_UP) continue
      pure.push(Number(ended - looked) / 1000)
      whole.push(Number(ended - began) / 1000)
    }
  } finally {
    reader.close()
    await server.close()
  }
  return { pure: median(pure), whole: median(whole) }
}

function permit(set: PolicySet, asked: Question): void {
  if (decide(set, asked).effect !== "permit") throw new Error("void: refused")
}

function question(at: number, sizes: Sizes, { approvals, steppedUp }: GrantRow): Question {
  const name = `team-${at % sizes.policies}/secret-${at}` as SecretName
  const principal = {
    id: personOf(at, sizes),
    kind: "person" as const,
    roles: ["developer"],
    assurance: "mfa" as const,
  }
  return { verb: "reveal", name, principal, grant: { approvals }, stepUp: steppedUp, purgeGuarded: true }
}

function policy(at: number): PolicyRow {
  return {
    id: `p-${at}`,
    secretPattern: `team-${at}/*`,
    allowedRoles: ["admin", "developer"],
    requiresMfa: true,
    requiresApproval: true,
    maxAccessPerDay: 10,
    approverRoles: null,
    minApprovals: 1,
    grantMinutes: 60,
    allowedWorkloads: null,
    workloadMaxAccessPerDay: null,
    verbRoles: {},
    replacesRoles: false,
    createdAt: 1,
    updatedAt: 1,
  }
}

function personOf(at: number, { people }: Sizes): string {
  return `person-${at % people}`
}

function secretOf(at: number): string {
  return `secret-${at}`
}

/** Past the service, as if everybody had asked and been given. */
function fill(path: string, sizes: Sizes): void {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  const person = db.prepare(`INSERT INTO principal (id, kind, name, roles, disabled, epoch, password_hash,
      must_change_password, factor_epoch, must_enrol, break_glass, email, changed_by, owner_id, created_at, mac)
    VALUES (?, 'person', ?, '["developer"]', 0, 1, NULL, 0, 0, 0, 0, NULL, '[]', NULL, 1, zeroblob(32))`)
  const grant = db.prepare(`INSERT INTO access_grant (id, request_id, principal_id, secret_id, verb, approvals,
      stepped_up, uses_left, created_at, expires_at, revision, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  db.exec("BEGIN")
  for (let at = 0; at < sizes.people; at++) person.run(`person-${at}`, `person-${at}`)
  for (let at = 0; at < sizes.grants; at++) {
    const row = grantRow(at, sizes)
    const { id, requestId, principalId, secretId, verb, approvals, createdAt, expiresAt } = row
    const mac = grantMac(KEY, row)
    grant.run(id, requestId, principalId, secretId, verb, approvals, 1, null, createdAt, expiresAt, 1, mac)
  }
  db.exec("COMMIT")
  db.close()
}

function grantRow(at: number, sizes: Sizes): Omit<GrantRow, "mac"> {
  return {
    id: `grant-${at}`,
    requestId: `request-${at}`,
    principalId: personOf(at, sizes),
    secretId: secretOf(at),
    verb: "read",
    approvals: 1,
    steppedUp: true,
    usesLeft: null,
    createdAt: 1,
    expiresAt: 9_000_000_000_000,
    revision: 1,
  }
}
