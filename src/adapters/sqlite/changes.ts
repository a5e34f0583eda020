import { foldName } from "../../core/name.ts"
import type { Change, ChangeOf, CredentialRoom } from "../../state/change.ts"
import { escrowBytes } from "../../state/escrow.ts"
import type { CredentialRow, KeyRow, PolicyRow, PrincipalRow, Tag } from "../../state/rows.ts"
import { isCurrent } from "../../state/labels.ts"
import { mergedTags } from "../../state/tags.ts"
import { ConflictError } from "./conflict.ts"
import { eraseNotices, erasePerson, erasureChanges } from "./erasure.ts"
import { factorChanges } from "./factor-changes.ts"
import { notificationChanges } from "./notification-changes.ts"
import { outsideChanges } from "./outside-changes.ts"
import { requestChanges } from "./request-changes.ts"
import { requireSealing } from "./sealing.ts"
import { signOnChanges } from "./sign-on-changes.ts"
import { retentionChanges } from "./retention.ts"
import { roleChanges } from "./role-changes.ts"
import { rotationChanges } from "./rotation-changes.ts"
import type { Statements } from "./statements.ts"
import { insertLabels, insertVersion, replaceLabels } from "./version-rows.ts"
import { iamChanges } from "./iam-changes.ts"
import { workloadChanges } from "./workload-changes.ts"

/** @param index the number that the act's entry gets. */
type Apply = { readonly [K in Change["kind"]]: (sql: Statements, change: ChangeOf<K>, index: number) => void }

/** Each kind of change, once. Preconditions are checked by the statement itself or stand before the first write. */
const APPLY: Apply = {
  ...factorChanges,
  ...notificationChanges,
  ...outsideChanges,
  ...requestChanges,
  ...roleChanges,
  ...retentionChanges,
  ...rotationChanges,
  ...workloadChanges,
  ...iamChanges,
  ...signOnChanges,

  addPrincipal(sql, { row }) {
    if (sql.of("SELECT 1 FROM principal WHERE name = ?").get(row.name)) throw new ConflictError("user_taken")
    insertPrincipal(sql, row)
  },

  putPrincipal(sql, { row, expectedEpoch }) {
    const done = sql
      .of(`UPDATE principal SET roles = ?, disabled = ?, epoch = ?, password_hash = ?, must_change_password = ?,
             factor_epoch = ?, has_factor = ?, must_enrol = ?, break_glass = ?, email = ?, changed_by = ?, owner_id = ?,
             standing_reason = ?, mac = ?
           WHERE id = ? AND epoch = ?`)
      .run(
        JSON.stringify(row.roles),
        Number(row.disabled),
        row.epoch,
        row.passwordHash,
        Number(row.mustChangePassword),
        row.factorEpoch,
        Number(row.hasFactor),
        Number(row.mustEnrol),
        Number(row.breakGlass),
        row.email,
        JSON.stringify(row.changedBy),
        row.ownerId,
        row.standingReason,
        row.mac,
        row.id,
        expectedEpoch,
      )
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  addCredential(sql, { row, ownerEpoch, room }) {
    const owner = sql.of("SELECT epoch FROM principal WHERE id = ?").get(row.principalId)
    if (owner?.["epoch"] !== ownerEpoch) throw new ConflictError("gone")
    if (room !== undefined) requireRoom(sql, row, room)
    insertCredential(sql, row)
  },

  requireOwner(sql, { ownerId, fewerThan }) {
    const person = sql.of("SELECT 1 FROM principal WHERE id = ? AND kind = 'person' AND disabled = 0")
    if (!person.get(ownerId)) throw new ConflictError("gone")
    if (ownedCount(sql, ownerId) >= fewerThan) throw new ConflictError("owner_full")
  },

  endOwned(sql, { ownerId, programs }) {
    if (ownedCount(sql, ownerId) !== programs.length) throw new ConflictError("gone")
    const move = sql.of("UPDATE principal SET epoch = ?, mac = ? WHERE id = ? AND owner_id = ? AND epoch = ?")
    for (const { id, epoch, mac } of programs) {
      if (move.run(epoch, mac, id, ownerId, epoch - 1).changes !== 1) throw new ConflictError("gone")
      sql.of("DELETE FROM credential WHERE principal_id = ?").run(id)
    }
  },

  removeCredential(sql, { id, principalId }) {
    const done = sql.of("DELETE FROM credential WHERE id = ? AND principal_id = ?").run(id, principalId)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  signCredentials(sql, { principalId, signed }) {
    const count = sql.of("SELECT count(*) AS n FROM credential WHERE principal_id = ?").get(principalId)
    if (count?.["n"] !== signed.length) throw new ConflictError("gone")
    for (const { id, mac } of signed) {
      const done = sql.of("UPDATE credential SET mac = ? WHERE id = ? AND principal_id = ?").run(mac, id, principalId)
      if (done.changes !== 1) throw new ConflictError("gone")
    }
  },

  removeCredentialsOf(sql, { principalId, exceptId }) {
    sql.of("DELETE FROM credential WHERE principal_id = ? AND id IS NOT ?").run(principalId, exceptId)
  },

  pruneCredentials(sql, { expiredBefore, limit }) {
    sql
      .of(`DELETE FROM credential WHERE token_hash IN
             (SELECT token_hash FROM credential WHERE expires_at < ? LIMIT ?)`)
      .run(expiredBefore, limit)
  },

  pruneQuotaUse(sql, { beforeDay, limit }) {
    sql
      .of(`DELETE FROM quota_use WHERE (principal_id, day, secret_id) IN (SELECT q.principal_id, q.day, q.secret_id
             FROM principal p CROSS JOIN quota_use q ON q.principal_id = p.id AND q.day < ? LIMIT ?)`)
      .run(beforeDay, limit)
    sql
      .of(`DELETE FROM quota_use_of_person WHERE (principal_id, day) IN (SELECT q.principal_id, q.day
             FROM principal p CROSS JOIN quota_use_of_person q ON q.principal_id = p.id AND q.day < ? LIMIT ?)`)
      .run(beforeDay, limit)
  },

  erasePerson(sql, change, index) {
    const { row, expectedEpoch } = change
    eraseNotices(sql, row.id)
    APPLY.putPrincipal(sql, { kind: "putPrincipal", row, expectedEpoch }, index)
    erasePerson(sql, change, index)
  },

  ...erasureChanges,

  closeSetup(sql) {
    const done = sql.of("UPDATE log_head SET setup_closed = 1 WHERE id = 1 AND setup_closed = 0").run()
    if (done.changes !== 1) throw new ConflictError("setup_closed")
  },

  putPolicies(sql, { put, removed, epoch, mac }) {
    for (const id of removed) sql.of("DELETE FROM secret_access_policies WHERE id = ?").run(id)
    for (const row of put) {
      const holder = sql.of("SELECT id FROM secret_access_policies WHERE secret_pattern = ?").get(row.secretPattern)
      if (holder && holder["id"] !== row.id) throw new ConflictError("pattern_taken")
      putPolicy(sql, row)
    }
    sql.of("UPDATE log_head SET policy_epoch = ?, policy_mac = ? WHERE id = 1").run(epoch, mac)
  },

  addSecret(sql, { secret, version }) {
    const folded = foldName(secret.name)
    if (sql.of("SELECT 1 FROM secret WHERE folded_name = ?").get(folded)) throw new ConflictError("name_taken")
    if (version !== null) requireSealing(sql, version.keyId)
    sql
      .of(`INSERT INTO secret (id, name, folded_name, arn, description, tags, created_at, created_by, changed_at,
             last_accessed, revision, next_seq, rotation_due_since, deletion_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        secret.id,
        secret.name,
        folded,
        secret.arn,
        secret.description,
        secret.tags === null ? null : JSON.stringify(secret.tags),
        secret.createdAt,
        secret.createdBy,
        secret.changedAt,
        secret.lastAccessed,
        secret.revision,
        (version?.seq ?? 0) + 1,
        secret.rotationDueSince,
        secret.deletionAt,
      )
    if (version === null) return
    insertVersion(sql, version, version.seq)
    insertLabels(sql, secret.id, [{ label: "current", versionId: version.versionId }])
  },

  addVersion(sql, { secretId, version, labels, changedAt }) {
    const taken = sql.of("SELECT 1 FROM secret_version WHERE secret_id = ? AND version_id = ?")
    if (taken.get(secretId, version.versionId)) throw new ConflictError("version_taken")
    requireSealing(sql, version.keyId)
    const secret = sql
      .of(`UPDATE secret SET next_seq = next_seq + 1, revision = revision + 1, changed_at = ?,
             rotation_due_since = iif(?, NULL, rotation_due_since)
           WHERE id = ? AND deletion_at IS NULL RETURNING next_seq`)
      .get(changedAt, Number(isCurrent(labels, version.versionId)), secretId)
    if (!secret) throw new ConflictError("gone")
    insertVersion(sql, version, (secret["next_seq"] as number) - 1)
    replaceLabels(sql, secretId, labels)
  },

  putLabels(sql, { secretId, labels, changedAt }) {
    moveOn(sql, secretId, changedAt)
    replaceLabels(sql, secretId, labels)
  },

  describeSecret(sql, { secretId, description, tags, changedAt }) {
    const done = sql
      .of(`UPDATE secret SET description = coalesce(?, description), tags = coalesce(?, tags), changed_at = ?
           WHERE id = ? AND deletion_at IS NULL`)
      .run(description, tags === null ? null : JSON.stringify(tags), changedAt, secretId)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  tagSecret(sql, { secretId, set, removed, changedAt }) {
    const row = sql.of("SELECT tags FROM secret WHERE id = ? AND deletion_at IS NULL").get(secretId)
    if (!row) throw new ConflictError("gone")
    const tags = mergedTags(JSON.parse((row["tags"] as string | null) ?? "null") as Tag[] | null, set, removed)
    if (tags === undefined) throw new ConflictError("tags_full")
    sql.of("UPDATE secret SET tags = ?, changed_at = ? WHERE id = ?").run(JSON.stringify(tags), changedAt, secretId)
  },

  scheduleDeletion(sql, { secretId, deletionAt, changedAt }) {
    const done = sql
      .of(`UPDATE secret SET deletion_at = ?, changed_at = ?, revision = revision + 1
           WHERE id = ? AND deletion_at IS NULL`)
      .run(deletionAt, changedAt, secretId)
    if (done.changes !== 1) throw new ConflictError("pending_deletion")
  },

  cancelDeletion(sql, { secretId, changedAt }) {
    const done = sql
      .of(`UPDATE secret SET deletion_at = NULL, changed_at = ?, revision = revision + 1
           WHERE id = ? AND deletion_at IS NOT NULL`)
      .run(changedAt, secretId)
    if (done.changes !== 1) throw new ConflictError("not_deleted")
  },

  purgeSecret(sql, { secretId, dueBefore }) {
    const secret = sql.of("SELECT deletion_at FROM secret WHERE id = ?").get(secretId)
    if (!secret) throw new ConflictError("gone")
    const due = secret["deletion_at"] as number | null
    if (dueBefore !== null && (due === null || due > dueBefore)) throw new ConflictError("not_due")
    for (const table of ["secret_label", "secret_version", "secret_rotation_schedule", "rotation"])
      sql.of(`DELETE FROM ${table} WHERE secret_id = ?`).run(secretId)
    sql.of("DELETE FROM secret WHERE id = ?").run(secretId)
  },

  markRotation(sql, { secretId, at }) {
    sql.of("UPDATE secret SET rotation_due_since = coalesce(rotation_due_since, ?) WHERE id = ?").run(at, secretId)
  },

  touchSecret(sql, { secretId, versionId, day }) {
    sql
      .of("UPDATE secret_version SET last_accessed = ? WHERE secret_id = ? AND version_id = ?")
      .run(day, secretId, versionId)
    sql.of("UPDATE secret SET last_accessed = ? WHERE id = ?").run(day, secretId)
  },

  pruneVersions(sql, { secretId, olderThan }) {
    sql
      .of(`DELETE FROM secret_version WHERE secret_id = ?1 AND created_at < ?2
             AND version_id NOT IN (SELECT version_id FROM secret_label WHERE secret_id = ?1)
             AND seq <= (SELECT next_seq FROM secret WHERE id = ?1) - 1 - 100`)
      .run(secretId, olderThan)
  },

  addKey(sql, { row }) {
    insertKey(sql, row)
  },

  putKeys(sql, { rows, rootKeyCheck }) {
    requireRootKey(sql, rootKeyCheck)
    for (const row of rows) {
      const done = sql
        .of("UPDATE keyring_key SET wrapped = ?, state = ? WHERE id = ?")
        .run(row.wrapped, row.state, row.id)
      if (done.changes === 0) insertKey(sql, row)
    }
    requireOneActive(sql)
  },

  putRootKey(sql, { rows, from, to }) {
    requireRootKey(sql, from)
    const counted = sql.of("SELECT count(*) AS keys FROM keyring_key").get() as { keys: number }
    if (counted.keys !== rows.length) throw new ConflictError("root_key_moved")
    for (const { id, wrapped } of rows) {
      const done = sql.of("UPDATE keyring_key SET wrapped = ? WHERE id = ?").run(wrapped, id)
      if (done.changes !== 1) throw new ConflictError("root_key_moved")
    }
    sql.of("UPDATE meta SET value = ? WHERE key = 'root_key_check'").run(to)
  },

  confirmEscrow(sql, { rootKeyCheck, at }) {
    requireRootKey(sql, rootKeyCheck)
    sql.of("INSERT OR REPLACE INTO meta (key, value) VALUES ('escrow', ?)").run(escrowBytes({ rootKeyCheck, at }))
  },

  retireKey(sql, { id }) {
    for (const users of ["secret_version WHERE key_id", "identity_provider WHERE secret_key_id"])
      if (sql.of(`SELECT 1 FROM ${users} = ? LIMIT 1`).get(id)) throw new ConflictError("key_in_use")
    const done = sql.of("DELETE FROM keyring_key WHERE id = ? AND state = 'retiring'").run(id)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  rewrapVersions(sql, { versions }) {
    for (const keyId of new Set(versions.map((version) => version.keyId))) requireSealing(sql, keyId)
    const update = sql.of(
      "UPDATE secret_version SET key_id = ?, sealed = ? WHERE secret_id = ? AND version_id = ? AND key_id = ?",
    )
    for (const version of versions)
      update.run(version.keyId, version.sealed, version.secretId, version.versionId, version.fromKeyId)
  },
}

/** @param index the number that the act's entry gets; 0 where there is none. */
export function applyChange(sql: Statements, change: Change, index: number): void {
  const apply = APPLY[change.kind] as (sql: Statements, change: Change, index: number) => void
  apply(sql, change, index)
}

function requireRoom(sql: Statements, row: CredentialRow, { most, now }: CredentialRoom): void {
  const live = sql
    .of("SELECT count(*) AS n FROM credential WHERE principal_id = ? AND kind = ? AND expires_at > ?")
    .get(row.principalId, row.kind, now)
  if ((live?.["n"] as number) >= most) throw new ConflictError("credentials_full")
}

function ownedCount(sql: Statements, ownerId: string): number {
  const count = sql.of("SELECT count(*) AS n FROM principal WHERE owner_id = ? AND kind = 'program'").get(ownerId)
  return count?.["n"] as number
}

function moveOn(sql: Statements, secretId: string, changedAt: number): void {
  const done = sql
    .of("UPDATE secret SET revision = revision + 1, changed_at = ? WHERE id = ? AND deletion_at IS NULL")
    .run(changedAt, secretId)
  if (done.changes !== 1) throw new ConflictError("gone")
}

function insertPrincipal(sql: Statements, row: PrincipalRow): void {
  sql
    .of(`INSERT INTO principal (id, kind, name, roles, disabled, epoch, password_hash, must_change_password,
           factor_epoch, has_factor, must_enrol, break_glass, email, changed_by, owner_id, created_at, standing_reason, mac)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      row.id,
      row.kind,
      row.name,
      JSON.stringify(row.roles),
      Number(row.disabled),
      row.epoch,
      row.passwordHash,
      Number(row.mustChangePassword),
      row.factorEpoch,
      Number(row.hasFactor),
      Number(row.mustEnrol),
      Number(row.breakGlass),
      row.email,
      JSON.stringify(row.changedBy),
      row.ownerId,
      row.createdAt,
      row.standingReason,
      row.mac,
    )
}

function insertCredential(sql: Statements, row: CredentialRow): void {
  sql
    .of(`INSERT INTO credential (token_hash, id, principal_id, kind, assurance, created_at, expires_at, label, scope,
           sealed_key, standing_reason, mac)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      row.tokenHash,
      row.id,
      row.principalId,
      row.kind,
      row.assurance,
      row.createdAt,
      row.expiresAt,
      row.label,
      row.scope === null ? null : JSON.stringify(row.scope),
      row.sealedKey,
      row.standingReason,
      row.mac,
    )
}

function requireRootKey(sql: Statements, check: Uint8Array): void {
  if (!sql.of("SELECT 1 FROM meta WHERE key = 'root_key_check' AND value = ?").get(check))
    throw new ConflictError("root_key_moved")
}

/** Two rotations at once: the later one was planned without the key of the earlier one. */
function requireOneActive(sql: Statements): void {
  const twice = sql.of("SELECT 1 FROM keyring_key WHERE state = 'active' GROUP BY purpose HAVING count(*) > 1")
  if (twice.get()) throw new ConflictError("key_moved")
}

function insertKey(sql: Statements, row: KeyRow): void {
  sql
    .of("INSERT INTO keyring_key (id, purpose, wrapped, created_at, state) VALUES (?, ?, ?, ?, ?)")
    .run(row.id, row.purpose, row.wrapped, row.createdAt, row.state)
}

function putPolicy(sql: Statements, row: PolicyRow): void {
  const json = (list: readonly string[] | null): string | null => (list === null ? null : JSON.stringify(list))
  sql
    .of(`INSERT OR REPLACE INTO secret_access_policies (id, secret_pattern, allowed_roles, requires_mfa,
           requires_approval, max_access_per_day, approver_roles, min_approvals, grant_minutes, allowed_workloads,
           workload_max_access_per_day, verb_roles, replaces_roles, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      row.id,
      row.secretPattern,
      json(row.allowedRoles),
      Number(row.requiresMfa),
      Number(row.requiresApproval),
      row.maxAccessPerDay,
      json(row.approverRoles),
      row.minApprovals,
      row.grantMinutes,
      json(row.allowedWorkloads),
      row.workloadMaxAccessPerDay,
      JSON.stringify(row.verbRoles),
      Number(row.replacesRoles),
      row.createdAt,
      row.updatedAt,
    )
}
