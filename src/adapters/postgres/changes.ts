import type { Client } from "pg"
import { foldName } from "../../core/name.ts"
import type { Change, ChangeOf, CredentialRoom } from "../../state/change.ts"
import { escrowBytes } from "../../state/escrow.ts"
import type { CredentialRow, KeyRow, PolicyRow, Tag } from "../../state/rows.ts"
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
import { refuseIf, run } from "./run.ts"
import { insertLabels, insertVersion, replaceLabels } from "./version-rows.ts"
import { iamChanges } from "./iam-changes.ts"
import { workloadChanges } from "./workload-changes.ts"

/** @param index the number that the act's entry gets. */
type Apply = { readonly [K in Change["kind"]]: (db: Client, change: ChangeOf<K>, index: number) => Promise<void> }

/**
 * Each kind of change, once. The running transaction holds the head row, so nothing can come between a check and the
 * write that follows it.
 */
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

  async addPrincipal(db, { row }) {
    await refuseIf(db, "user_taken", "SELECT 1 FROM principal WHERE name = $1", [row.name])
    await run(
      db,
      `INSERT INTO principal (id, kind, name, roles, disabled, epoch, password_hash, must_change_password,
         factor_epoch, has_factor, must_enrol, break_glass, email, changed_by, owner_id, created_at, standing_reason, mac)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, at_ms($16), $17, $18)`,
      [
        row.id,
        row.kind,
        row.name,
        row.roles,
        row.disabled,
        row.epoch,
        row.passwordHash,
        row.mustChangePassword,
        row.factorEpoch,
        row.hasFactor,
        row.mustEnrol,
        row.breakGlass,
        row.email,
        JSON.stringify(row.changedBy),
        row.ownerId,
        row.createdAt,
        row.standingReason,
        row.mac,
      ],
    )
  },

  async putPrincipal(db, { row, expectedEpoch }) {
    const done = await run(
      db,
      `UPDATE principal SET roles = $3, disabled = $4, epoch = $5, password_hash = $6, must_change_password = $7,
         factor_epoch = $8, has_factor = $9, must_enrol = $10, break_glass = $11, email = $12, changed_by = $13,
         owner_id = $14, standing_reason = $15, mac = $16
       WHERE id = $1 AND epoch = $2`,
      [
        row.id,
        expectedEpoch,
        row.roles,
        row.disabled,
        row.epoch,
        row.passwordHash,
        row.mustChangePassword,
        row.factorEpoch,
        row.hasFactor,
        row.mustEnrol,
        row.breakGlass,
        row.email,
        JSON.stringify(row.changedBy),
        row.ownerId,
        row.standingReason,
        row.mac,
      ],
    )
    if (done !== 1) throw new ConflictError("gone")
  },

  async addCredential(db, { row, ownerEpoch, room }) {
    const owner = "SELECT 1 FROM principal WHERE id = $1 AND epoch = $2"
    if ((await run(db, owner, [row.principalId, ownerEpoch])) !== 1) throw new ConflictError("gone")
    if (room !== undefined) await requireRoom(db, row, room)
    await run(
      db,
      `INSERT INTO credential (token_hash, id, principal_id, kind, assurance, created_at, expires_at, label, scope,
         sealed_key, standing_reason, mac)
       VALUES ($1, $2, $3, $4, $5, at_ms($6), at_ms($7), $8, $9, $10, $11, $12)`,
      [
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
      ],
    )
  },

  async requireOwner(db, { ownerId, fewerThan }) {
    const person = "SELECT 1 FROM principal WHERE id = $1 AND kind = 'person' AND NOT disabled"
    if ((await run(db, person, [ownerId])) !== 1) throw new ConflictError("gone")
    if ((await run(db, OWNED, [ownerId])) >= fewerThan) throw new ConflictError("owner_full")
  },

  async endOwned(db, { ownerId, programs }) {
    if ((await run(db, OWNED, [ownerId])) !== programs.length) throw new ConflictError("gone")
    const move = "UPDATE principal SET epoch = $1, mac = $2 WHERE id = $3 AND owner_id = $4 AND epoch = $5"
    for (const { id, epoch, mac } of programs) {
      if ((await run(db, move, [epoch, mac, id, ownerId, epoch - 1])) !== 1) throw new ConflictError("gone")
      await run(db, "DELETE FROM credential WHERE principal_id = $1", [id])
    }
  },

  async removeCredential(db, { id, principalId }) {
    const done = await run(db, "DELETE FROM credential WHERE id = $1 AND principal_id = $2", [id, principalId])
    if (done !== 1) throw new ConflictError("gone")
  },

  async signCredentials(db, { principalId, signed }) {
    const all = await run(db, "SELECT 1 FROM credential WHERE principal_id = $1", [principalId])
    if (all !== signed.length) throw new ConflictError("gone")
    const sign = "UPDATE credential SET mac = $1 WHERE id = $2 AND principal_id = $3"
    for (const { id, mac } of signed)
      if ((await run(db, sign, [mac, id, principalId])) !== 1) throw new ConflictError("gone")
  },

  async removeCredentialsOf(db, { principalId, exceptId }) {
    await run(db, "DELETE FROM credential WHERE principal_id = $1 AND id IS DISTINCT FROM $2", [principalId, exceptId])
  },

  async pruneCredentials(db, { expiredBefore, limit }) {
    await run(
      db,
      `DELETE FROM credential WHERE token_hash = ANY (ARRAY
         (SELECT token_hash FROM credential WHERE expires_at < at_ms($1) LIMIT $2))`,
      [expiredBefore, limit],
    )
  },

  async pruneQuotaUse(db, { beforeDay, limit }) {
    await run(
      db,
      `DELETE FROM quota_use WHERE (principal_id, day, secret_id) IN (SELECT q.principal_id, q.day, q.secret_id
         FROM principal p JOIN quota_use q ON q.principal_id = p.id AND q.day < $1 LIMIT $2)`,
      [beforeDay, limit],
    )
  },

  async erasePerson(db, change, index) {
    const { row, expectedEpoch } = change
    await eraseNotices(db, row.id)
    await APPLY.putPrincipal(db, { kind: "putPrincipal", row, expectedEpoch }, index)
    await erasePerson(db, change, index)
  },

  ...erasureChanges,

  async closeSetup(db) {
    const done = await run(db, "UPDATE log_head SET setup_closed = true WHERE id = 1 AND NOT setup_closed", [])
    if (done !== 1) throw new ConflictError("setup_closed")
  },

  async putPolicies(db, { put, removed, epoch, mac }) {
    await run(db, "DELETE FROM secret_access_policies WHERE id = ANY($1)", [removed])
    for (const row of put) {
      const taken = "SELECT 1 FROM secret_access_policies WHERE secret_pattern = $1 AND id <> $2"
      await refuseIf(db, "pattern_taken", taken, [row.secretPattern, row.id])
      await putPolicy(db, row)
    }
    await run(db, "UPDATE log_head SET policy_epoch = $1, policy_mac = $2 WHERE id = 1", [epoch, mac])
  },

  async addSecret(db, { secret, version }) {
    const folded = foldName(secret.name)
    await refuseIf(db, "name_taken", "SELECT 1 FROM secret WHERE folded_name = $1", [folded])
    if (version !== null) await requireSealing(db, version.keyId)
    await run(
      db,
      `INSERT INTO secret (id, name, folded_name, arn, description, tags, created_at, created_by, changed_at,
         last_accessed, revision, next_seq, rotation_due_since, deletion_at)
       VALUES ($1, $2, $3, $4, $5, $6, at_ms($7), $8, at_ms($9), $10, $11, $12, at_ms($13), at_ms($14))`,
      [
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
      ],
    )
    if (version === null) return
    await insertVersion(db, version, version.seq)
    await insertLabels(db, secret.id, [{ label: "current", versionId: version.versionId }])
  },

  async addVersion(db, { secretId, version, labels, changedAt }) {
    const taken = "SELECT 1 FROM secret_version WHERE secret_id = $1 AND version_id = $2"
    await refuseIf(db, "version_taken", taken, [secretId, version.versionId])
    await requireSealing(db, version.keyId)
    const secret = await db.query<{ next_seq: number }>({
      name: "addVersion",
      text: `UPDATE secret SET next_seq = next_seq + 1, revision = revision + 1, changed_at = at_ms($2),
               rotation_due_since = CASE WHEN NOT $3 THEN rotation_due_since END
             WHERE id = $1 AND deletion_at IS NULL RETURNING next_seq`,
      values: [secretId, changedAt, isCurrent(labels, version.versionId)],
    })
    const next = secret.rows[0]?.next_seq
    if (next === undefined) throw new ConflictError("gone")
    await insertVersion(db, version, next - 1)
    await replaceLabels(db, secretId, labels)
  },

  async putLabels(db, { secretId, labels, changedAt }) {
    const done = await run(
      db,
      `UPDATE secret SET revision = revision + 1, changed_at = at_ms($2) WHERE id = $1 AND deletion_at IS NULL`,
      [secretId, changedAt],
    )
    if (done !== 1) throw new ConflictError("gone")
    await replaceLabels(db, secretId, labels)
  },

  async describeSecret(db, { secretId, description, tags, changedAt }) {
    const done = await run(
      db,
      `UPDATE secret SET description = coalesce($2, description), tags = coalesce($3::json, tags), changed_at = at_ms($4)
       WHERE id = $1 AND deletion_at IS NULL`,
      [secretId, description, tags === null ? null : JSON.stringify(tags), changedAt],
    )
    if (done !== 1) throw new ConflictError("gone")
  },

  async tagSecret(db, { secretId, set, removed, changedAt }) {
    const { rows } = await db.query<{ tags: Tag[] | null }>({
      name: "tagSecret",
      text: "SELECT tags FROM secret WHERE id = $1 AND deletion_at IS NULL",
      values: [secretId],
    })
    if (rows[0] === undefined) throw new ConflictError("gone")
    const tags = mergedTags(rows[0].tags, set, removed)
    if (tags === undefined) throw new ConflictError("tags_full")
    const update = "UPDATE secret SET tags = $2, changed_at = at_ms($3) WHERE id = $1"
    await run(db, update, [secretId, JSON.stringify(tags), changedAt])
  },

  async scheduleDeletion(db, { secretId, deletionAt, changedAt }) {
    const done = await run(
      db,
      `UPDATE secret SET deletion_at = at_ms($2), changed_at = at_ms($3), revision = revision + 1
       WHERE id = $1 AND deletion_at IS NULL`,
      [secretId, deletionAt, changedAt],
    )
    if (done !== 1) throw new ConflictError("pending_deletion")
  },

  async cancelDeletion(db, { secretId, changedAt }) {
    const done = await run(
      db,
      `UPDATE secret SET deletion_at = NULL, changed_at = at_ms($2), revision = revision + 1
       WHERE id = $1 AND deletion_at IS NOT NULL`,
      [secretId, changedAt],
    )
    if (done !== 1) throw new ConflictError("not_deleted")
  },

  async purgeSecret(db, { secretId, dueBefore }) {
    const secret = await db.query<{ due: boolean }>({
      name: "purgeSecret",
      text: "SELECT $2::bigint IS NULL OR deletion_at <= at_ms($2) IS TRUE AS due FROM secret WHERE id = $1",
      values: [secretId, dueBefore],
    })
    if (secret.rows[0] === undefined) throw new ConflictError("gone")
    if (!secret.rows[0].due) throw new ConflictError("not_due")
    for (const table of ["secret_label", "secret_version", "secret_rotation_schedule", "rotation"])
      await run(db, `DELETE FROM ${table} WHERE secret_id = $1`, [secretId])
    await run(db, "DELETE FROM secret WHERE id = $1", [secretId])
  },

  async markRotation(db, { secretId, at }) {
    const mark = "UPDATE secret SET rotation_due_since = coalesce(rotation_due_since, at_ms($2)) WHERE id = $1"
    await run(db, mark, [secretId, at])
  },

  async touchSecret(db, { secretId, versionId, day }) {
    const version = "UPDATE secret_version SET last_accessed = $3 WHERE secret_id = $1 AND version_id = $2"
    await run(db, version, [secretId, versionId, day])
    await run(db, "UPDATE secret SET last_accessed = $2 WHERE id = $1", [secretId, day])
  },

  async pruneVersions(db, { secretId, olderThan }) {
    await run(
      db,
      `DELETE FROM secret_version WHERE secret_id = $1 AND created_at < at_ms($2)
         AND version_id NOT IN (SELECT version_id FROM secret_label WHERE secret_id = $1)
         AND seq <= (SELECT next_seq FROM secret WHERE id = $1) - 1 - 100`,
      [secretId, olderThan],
    )
  },

  async addKey(db, { row }) {
    await insertKey(db, row)
  },

  async putKeys(db, { rows, rootKeyCheck }) {
    await requireRootKey(db, rootKeyCheck)
    for (const row of rows) {
      const put = "UPDATE keyring_key SET wrapped = $2, state = $3 WHERE id = $1"
      const done = await run(db, put, [row.id, row.wrapped, row.state])
      if (done === 0) await insertKey(db, row)
    }
    await requireOneActive(db)
  },

  async putRootKey(db, { rows, from, to }) {
    await requireRootKey(db, from)
    const { rowCount } = await db.query("SELECT 1 FROM keyring_key")
    if (rowCount !== rows.length) throw new ConflictError("root_key_moved")
    for (const { id, wrapped } of rows) {
      const done = await run(db, "UPDATE keyring_key SET wrapped = $2 WHERE id = $1", [id, wrapped])
      if (done !== 1) throw new ConflictError("root_key_moved")
    }
    await run(db, "UPDATE meta SET value = $1 WHERE key = 'root_key_check'", [to])
  },

  async confirmEscrow(db, { rootKeyCheck, at }) {
    await requireRootKey(db, rootKeyCheck)
    await run(
      db,
      "INSERT INTO meta (key, value) VALUES ('escrow', $1) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
      [escrowBytes({ rootKeyCheck, at })],
    )
  },

  async retireKey(db, { id }) {
    for (const users of ["secret_version WHERE key_id", "identity_provider WHERE secret_key_id"])
      await refuseIf(db, "key_in_use", `SELECT 1 FROM ${users} = $1 LIMIT 1`, [id])
    const done = await run(db, "DELETE FROM keyring_key WHERE id = $1 AND state = 'retiring'", [id])
    if (done !== 1) throw new ConflictError("gone")
  },

  async rewrapVersions(db, { versions }) {
    for (const keyId of new Set(versions.map((version) => version.keyId))) await requireSealing(db, keyId)
    const put = `UPDATE secret_version SET key_id = $4, sealed = $5
      WHERE secret_id = $1 AND version_id = $2 AND key_id = $3`
    for (const { secretId, versionId, fromKeyId, keyId, sealed } of versions)
      await run(db, put, [secretId, versionId, fromKeyId, keyId, sealed])
  },
}

/**
 * Rejects with ConflictError, or with what `pg` says.
 * @param index the number that the act's entry gets; 0 where there is none.
 */
export function applyChange(db: Client, change: Change, index: number): Promise<void> {
  const apply = APPLY[change.kind] as (db: Client, change: Change, index: number) => Promise<void>
  return apply(db, change, index)
}

const OWNED = "SELECT 1 FROM principal WHERE owner_id = $1 AND kind = 'program'"

async function requireRoom(db: Client, row: CredentialRow, { most, now }: CredentialRoom): Promise<void> {
  const live = "SELECT 1 FROM credential WHERE principal_id = $1 AND kind = $2 AND expires_at > at_ms($3)"
  if ((await run(db, live, [row.principalId, row.kind, now])) >= most) throw new ConflictError("credentials_full")
}

async function requireRootKey(db: Client, check: Uint8Array): Promise<void> {
  const { rowCount } = await db.query("SELECT 1 FROM meta WHERE key = 'root_key_check' AND value = $1", [check])
  if (rowCount === 0) throw new ConflictError("root_key_moved")
}

/** Two rotations at once: the later one was planned without the key of the earlier one. */
async function requireOneActive(db: Client): Promise<void> {
  const twice = "SELECT 1 FROM keyring_key WHERE state = 'active' GROUP BY purpose HAVING count(*) > 1"
  if ((await run(db, twice, [])) > 0) throw new ConflictError("key_moved")
}

async function insertKey(db: Client, row: KeyRow): Promise<void> {
  await run(
    db,
    "INSERT INTO keyring_key (id, purpose, wrapped, created_at, state) VALUES ($1, $2, $3, at_ms($4), $5)",
    [row.id, row.purpose, row.wrapped, row.createdAt, row.state],
  )
}

async function putPolicy(db: Client, row: PolicyRow): Promise<void> {
  await run(
    db,
    `INSERT INTO secret_access_policies (id, secret_pattern, allowed_roles, requires_mfa, requires_approval,
       max_access_per_day, approver_roles, min_approvals, grant_minutes, allowed_workloads,
       workload_max_access_per_day, verb_roles, replaces_roles, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, at_ms($14), at_ms($15))
     ON CONFLICT (id) DO UPDATE SET (secret_pattern, allowed_roles, requires_mfa, requires_approval,
       max_access_per_day, approver_roles, min_approvals, grant_minutes, allowed_workloads,
       workload_max_access_per_day, verb_roles, replaces_roles, created_at, updated_at) = (EXCLUDED.secret_pattern,
       EXCLUDED.allowed_roles, EXCLUDED.requires_mfa, EXCLUDED.requires_approval, EXCLUDED.max_access_per_day,
       EXCLUDED.approver_roles, EXCLUDED.min_approvals, EXCLUDED.grant_minutes, EXCLUDED.allowed_workloads,
       EXCLUDED.workload_max_access_per_day, EXCLUDED.verb_roles, EXCLUDED.replaces_roles, EXCLUDED.created_at,
       EXCLUDED.updated_at)`,
    [
      row.id,
      row.secretPattern,
      row.allowedRoles,
      row.requiresMfa,
      row.requiresApproval,
      row.maxAccessPerDay,
      row.approverRoles,
      row.minApprovals,
      row.grantMinutes,
      row.allowedWorkloads,
      row.workloadMaxAccessPerDay,
      JSON.stringify(row.verbRoles),
      row.replacesRoles,
      row.createdAt,
      row.updatedAt,
    ],
  )
}
