import type { SQLInputValue } from "node:sqlite"
import type { Clock } from "../../core/clock.ts"
import { escrowOf } from "../../state/escrow.ts"
import type { StateReader } from "../../state/reader.ts"
import { openReader } from "./database.ts"
import {
  bareVersionRow,
  credentialRow,
  deliveryRow,
  entryRow,
  erasureRow,
  externalIdentityRow,
  headRow,
  holdRow,
  iamBindingRow,
  identityProviderRow,
  intentRow,
  keyRow,
  labelRow,
  policyRow,
  principalRow,
  type SqlRow,
  secretRow,
  versionRow,
  roleRow,
  watchedEntry,
  workloadIssuerRow,
} from "./decode.ts"
import { decisionRow, factorRow, grantRow, requestRow } from "./decode-approvals.ts"
import { namedScheduleRow, rotationRow, scheduleRow } from "./decode-rotation.ts"
import { asFault } from "./fault.ts"
import { findEntries } from "./find-entries.ts"
import { listSecrets } from "./list-secrets.ts"
import { sortedSecrets } from "./sorted-secrets.ts"
import { Statements } from "./statements.ts"
import { Turn } from "../../core/turn.ts"

/** Reads on the thread that answers, through a read-only connection: in WAL mode they wait for no writer. */
export function sqliteReader(path: string, clock: Clock): StateReader & { close(): void } {
  const db = openReader(path)
  const sql = new Statements(db)

  async function all<T>(decode: (row: SqlRow) => T, text: string, ...args: SQLInputValue[]): Promise<T[]> {
    try {
      return (sql.of(text).all(...args) as SqlRow[]).map(decode)
    } catch (error) {
      throw asFault(error)
    }
  }

  async function one<T>(decode: (row: SqlRow) => T, text: string, ...args: SQLInputValue[]): Promise<T | undefined> {
    try {
      const row = sql.of(text).get(...args) as SqlRow | undefined
      return row === undefined ? undefined : decode(row)
    } catch (error) {
      throw asFault(error)
    }
  }

  async function answered<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw asFault(error)
    }
  }

  return {
    async head() {
      const row = await one(headRow, "SELECT * FROM log_head WHERE id = 1")
      if (row === undefined) throw asFault(new Error("no head"))
      return row
    },
    policies: () => all(policyRow, "SELECT * FROM secret_access_policies ORDER BY id"),
    setupClosed: async () =>
      (await one((row) => row["setup_closed"] === 1, "SELECT setup_closed FROM log_head WHERE id = 1")) === true,

    principalById: (id) => one(principalRow, "SELECT * FROM principal WHERE id = ?", id),
    principalByName: (name) => one(principalRow, "SELECT * FROM principal WHERE name = ?", name),
    principals: (kind, after, limit) =>
      all(
        principalRow,
        "SELECT * FROM principal WHERE kind = ? AND name > ? ORDER BY name LIMIT ?",
        kind,
        after,
        limit,
      ),
    roles: () => all(roleRow, "SELECT * FROM role ORDER BY name"),
    iamBindings: () => all(iamBindingRow, "SELECT * FROM iam_binding ORDER BY arn"),
    iamBinding: (arn) => one(iamBindingRow, "SELECT * FROM iam_binding WHERE arn = ?", arn),
    workloadIssuers: () => all(workloadIssuerRow, "SELECT * FROM workload_issuer ORDER BY issuer"),
    workloadIssuerById: (id) => one(workloadIssuerRow, "SELECT * FROM workload_issuer WHERE id = ?", id),
    workloadIssuer: (issuer) => one(workloadIssuerRow, "SELECT * FROM workload_issuer WHERE issuer = ?", issuer),
    programsOf: (ownerId) =>
      all(principalRow, "SELECT * FROM principal WHERE owner_id = ? AND kind = 'program' ORDER BY name", ownerId),
    erasure: (id) => one(erasureRow, "SELECT * FROM erasure WHERE person_id = ?", id),
    openErasures: (limit) =>
      all(erasureRow, "SELECT * FROM erasure WHERE finished = 0 ORDER BY ordered_at, person_id LIMIT ?", limit),
    hold: (id) => one(holdRow, "SELECT * FROM legal_hold WHERE person_id = ?", id),
    credentialByHash: (hash) => one(credentialRow, "SELECT * FROM credential WHERE token_hash = ?", hash),
    credentialsOf: (id) =>
      all(credentialRow, "SELECT * FROM credential WHERE principal_id = ? ORDER BY created_at, id", id),

    factorsOf: (id) => all(factorRow, "SELECT * FROM factor WHERE principal_id = ? ORDER BY created_at, id", id),
    usedOnce: async (id) => (await one(() => true, "SELECT 1 FROM used_once WHERE id = ?", id)) ?? false,
    request: (id) => one(requestRow, "SELECT * FROM access_request WHERE id = ?", id),
    requests: ({ requesterId, state, before, limit }) =>
      all(
        requestRow,
        `SELECT * FROM access_request WHERE ${requesterId === null ? "?1 IS NULL" : "requester_id = ?1"}
           AND ${state === null ? "?2 IS NULL" : "state = ?2"}
           AND ${before === null ? "?3 IS NULL AND ?4 IS NULL" : "(created_at, id) < (?3, ?4)"}
         ORDER BY created_at DESC, id DESC LIMIT ?5`,
        requesterId,
        state,
        before?.createdAt ?? null,
        before?.id ?? null,
        limit,
      ),
    requestsDue: (now, limit) =>
      all(
        requestRow,
        `SELECT * FROM access_request WHERE effective_at IS NOT NULL AND state = 'pending' AND effective_at <= ?
         ORDER BY effective_at LIMIT ?`,
        now,
        limit,
      ),
    decisions: (id) =>
      all(decisionRow, "SELECT * FROM access_decision WHERE request_id = ? ORDER BY decided_at, approver_id", id),
    grant: (id) => one(grantRow, "SELECT * FROM access_grant WHERE id = ?", id),
    grantsFor: (principalId, secretId, verb) =>
      all(
        grantRow,
        `SELECT * FROM access_grant WHERE principal_id = ? AND secret_id = ? AND verb = ?
         ORDER BY created_at DESC, id`,
        principalId,
        secretId,
        verb,
      ),
    grantsOf: (id, limit) =>
      all(
        grantRow,
        "SELECT * FROM access_grant WHERE principal_id = ? ORDER BY created_at DESC, id LIMIT ?",
        id,
        limit,
      ),
    identityProviders: () => all(identityProviderRow, "SELECT * FROM identity_provider ORDER BY id"),
    identityProvider: (id) => one(identityProviderRow, "SELECT * FROM identity_provider WHERE id = ?", id),
    externalIdentity: (issuer, subject) =>
      one(externalIdentityRow, "SELECT * FROM external_identity WHERE issuer = ? AND subject = ?", issuer, subject),
    externalIdentitiesOf: (id) =>
      all(externalIdentityRow, "SELECT * FROM external_identity WHERE principal_id = ? ORDER BY created_at, id", id),

    secretByName: (name) => one(secretRow, "SELECT * FROM secret WHERE name = ?", name),
    secretById: (id) => one(secretRow, "SELECT * FROM secret WHERE id = ?", id),
    secretBelow: async (prefix) =>
      (await one(
        () => true,
        "SELECT 1 FROM secret WHERE folded_name >= ?1 AND folded_name < ?1 || char(65535) LIMIT 1",
        prefix,
      )) ?? false,
    secrets: (page) => answered(() => listSecrets(sql, new Turn(clock), page)),
    sortedSecrets: (page) => answered(async () => sortedSecrets(sql, page)),
    secretsDueForPurge: (now, limit) =>
      all(secretRow, "SELECT * FROM secret WHERE deletion_at <= ? ORDER BY deletion_at LIMIT ?", now, limit),
    catalog: (after, limit) =>
      all(secretRow, "SELECT * FROM secret WHERE name > ? ORDER BY name LIMIT ?", after, limit),
    intents: (before, limit) =>
      all(
        intentRow,
        "SELECT * FROM outside_intent WHERE started_at < ? ORDER BY started_at, idx LIMIT ?",
        before,
        limit,
      ),
    intentsOf: (name) => all(intentRow, "SELECT * FROM outside_intent WHERE name = ? ORDER BY idx", name),
    labels: (id) => all(labelRow, "SELECT * FROM secret_label WHERE secret_id = ? ORDER BY label", id),
    labelsOf: (ids) =>
      all(
        (row) => ({ ...labelRow(row), secretId: row["secret_id"] as string }),
        "SELECT * FROM secret_label WHERE secret_id IN (SELECT value FROM json_each(?)) ORDER BY secret_id, label",
        JSON.stringify(ids),
      ),
    version: (id, versionId) =>
      one(versionRow, "SELECT * FROM secret_version WHERE secret_id = ? AND version_id = ?", id, versionId),
    versionByLabel: (id, label) =>
      one(
        versionRow,
        `SELECT v.* FROM secret_label l JOIN secret_version v USING (secret_id, version_id)
         WHERE l.secret_id = ? AND l.label = ?`,
        id,
        label,
      ),
    versions: (id) =>
      all(
        bareVersionRow,
        `SELECT secret_id, version_id, seq, key_id, created_at, created_by, last_accessed FROM secret_version
         WHERE secret_id = ? ORDER BY seq DESC`,
        id,
      ),
    versionsUnderKey: (keyId, limit) =>
      all(versionRow, "SELECT * FROM secret_version WHERE key_id = ? LIMIT ?", keyId, limit),
    countVersionsUnderKey: async (keyId) =>
      (await one((row) => row["n"] as number, "SELECT count(*) AS n FROM secret_version WHERE key_id = ?", keyId)) ?? 0,
    keys: () => all(keyRow, "SELECT * FROM keyring_key ORDER BY created_at, id"),
    async rootKeyCheck() {
      const check = await one(
        (row) => row["value"] as Uint8Array,
        "SELECT value FROM meta WHERE key = 'root_key_check'",
      )
      if (check === undefined) throw asFault(new Error("no root key check"))
      return check
    },

    retainedUpTo: async (name) =>
      (await one(
        (row) => Number(Buffer.from(row["value"] as Uint8Array).toString("utf8")),
        "SELECT value FROM meta WHERE key = ?",
        `retained_${name}`,
      )) ?? 0,
    escrow: () => one((row) => escrowOf(row["value"] as Uint8Array), "SELECT value FROM meta WHERE key = 'escrow'"),

    quotaUsed: async (principalId, secretId, day) =>
      (secretId === null
        ? await one(usedOf, "SELECT used FROM quota_use_of_person WHERE principal_id = ? AND day = ?", principalId, day)
        : await one(
            usedOf,
            "SELECT used FROM quota_use WHERE principal_id = ? AND day = ? AND secret_id = ?",
            principalId,
            day,
            secretId,
          )) ?? 0,

    // By person, for that is the order of the rows: no index of days is kept up on the read path.
    prunable: async (expiredBefore, beforeDay) =>
      (await one(
        () => true,
        `SELECT 1 FROM credential WHERE expires_at < ?1
         UNION ALL SELECT 1 FROM used_once WHERE expires_at < ?1
         UNION ALL SELECT 1 FROM access_grant WHERE expires_at < ?1
         UNION ALL SELECT 1 FROM principal p CROSS JOIN quota_use q ON q.principal_id = p.id AND q.day < ?2
         UNION ALL SELECT 1 FROM principal p CROSS JOIN quota_use_of_person q ON q.principal_id = p.id AND q.day < ?2
         LIMIT 1`,
        expiredBefore,
        beforeDay,
      )) ?? false,

    schedule: (id) => one(scheduleRow, "SELECT * FROM secret_rotation_schedule WHERE secret_id = ?", id),
    schedulesOf: (ids) =>
      all(
        scheduleRow,
        "SELECT * FROM secret_rotation_schedule WHERE secret_id IN (SELECT value FROM json_each(?))",
        JSON.stringify(ids),
      ),
    schedules: (after, limit) =>
      all(
        namedScheduleRow,
        `SELECT r.*, s.name, EXISTS (SELECT 1 FROM rotation WHERE secret_id = s.id AND state = 'running') AS running
         FROM secret s JOIN secret_rotation_schedule r ON r.secret_id = s.id
         WHERE s.name > ? AND s.deletion_at IS NULL ORDER BY s.name LIMIT ?`,
        after,
        limit,
      ),
    schedulesDue: (now, limit) =>
      all(
        scheduleRow,
        `SELECT r.* FROM secret_rotation_schedule r JOIN secret s ON s.id = r.secret_id
         WHERE r.enabled = 1 AND r.next_rotation <= ? AND s.deletion_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM rotation WHERE secret_id = r.secret_id AND state = 'running')
         ORDER BY r.next_rotation LIMIT ?`,
        now,
        limit,
      ),
    schedulesOverdue: async (before) =>
      (await one(
        (row) => row["n"] as number,
        `SELECT count(*) AS n FROM secret_rotation_schedule
         WHERE enabled = 1 AND coalesce(overdue_since, next_rotation) < ?`,
        before,
      )) ?? 0,
    rotation: (id) => one(rotationRow, "SELECT * FROM rotation WHERE id = ?", id),
    rotationsOf: (secretId, limit) =>
      all(
        rotationRow,
        "SELECT * FROM rotation WHERE secret_id = ? ORDER BY started_at DESC, state = 'running' DESC, id LIMIT ?",
        secretId,
        limit,
      ),
    rotationsDue: (now, limit) =>
      all(
        rotationRow,
        `SELECT * FROM rotation WHERE state = 'running' AND due_at <= ?1 AND (lease IS NULL OR leased_until <= ?1)
         ORDER BY due_at LIMIT ?2`,
        now,
        limit,
      ),
    rotationsPrunable: async (before) =>
      (await one(() => true, "SELECT 1 FROM rotation WHERE finished_at < ? LIMIT 1", before)) ?? false,

    deliveriesDue: ({ channel, now, limit }) => all(deliveryRow, DUE, now, channel, limit),
    deliveriesWaiting: async () =>
      (await one((row) => row["n"] as number, "SELECT count(*) AS n FROM notification WHERE settled_at IS NULL")) ?? 0,
    deliveriesPrunable: async (before) =>
      (await one(
        () => true,
        `SELECT 1 FROM notification WHERE settled_at < ?1
         UNION ALL SELECT 1 FROM notification WHERE settled_at IS NULL AND created_at < ?1 LIMIT 1`,
        before,
      )) ?? false,

    entries: (query) => answered(() => findEntries(sql, new Turn(clock), query)),
    entryRange: (from, to, limit) =>
      all(
        entryRow,
        "SELECT * FROM security_audit_log WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?",
        from,
        to,
        limit,
      ),
    watchedEntries: (from, limit) => all(watchedEntry, WATCHED, from, limit),
    leafHashes: (from, to) =>
      all(
        (row) => row["leaf_hash"] as Uint8Array,
        "SELECT leaf_hash FROM security_audit_log WHERE idx >= ? AND idx < ? ORDER BY idx",
        from,
        to,
      ),
    node: (level, position) =>
      one(
        (row) => row["hash"] as Uint8Array,
        "SELECT hash FROM audit_node WHERE level = ? AND position = ?",
        level,
        position,
      ),
    close: () => db.close(),
  }
}

/** A line is due when any of it is, and then its first is sent. One walk over what waits, however long the lines. */
const WATCHED = `SELECT idx, timestamp, action, result, resource_type, resource_name, user_id, principal_kind, decision, details
  FROM security_audit_log WHERE idx >= ? ORDER BY idx LIMIT ?`

const CHANNEL = "CASE WHEN recipient IN ('webhook', 'slack', 'syslog') THEN recipient ELSE 'mail' END"

const DUE = `WITH first AS (
    SELECT min(seq) AS seq FROM notification
    WHERE settled_at IS NULL AND aside = 0 AND ${CHANNEL} = ?2
    GROUP BY recipient, kind HAVING min(due_at) <= ?1
    UNION ALL
    SELECT seq FROM notification
    WHERE settled_at IS NULL AND aside = 1 AND ${CHANNEL} = ?2 AND due_at <= ?1)
  SELECT n.* FROM first JOIN notification n USING (seq)
  WHERE n.lease IS NULL OR n.leased_until <= ?1 ORDER BY n.alarm DESC, n.seq LIMIT ?3`

const usedOf = (row: SqlRow): number => row["used"] as number
