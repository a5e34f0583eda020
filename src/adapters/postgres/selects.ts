/** What each table's rows are read as: times in milliseconds, under the names that `decode.ts` knows. */

const time = (column: string): string => `ms_of(${column}) AS ${column}`

export const HEAD = `SELECT size, root, edge, ${time("last_time")}, policy_epoch, policy_mac, setup_closed FROM log_head
  WHERE id = 1`

export const POLICIES = `SELECT id, secret_pattern, allowed_roles, requires_mfa, requires_approval, max_access_per_day,
    approver_roles, min_approvals, grant_minutes, allowed_workloads, workload_max_access_per_day, verb_roles,
    replaces_roles, ${time("created_at")}, ${time("updated_at")}
  FROM secret_access_policies ORDER BY id`

export const PRINCIPAL = `SELECT id, kind, name, roles, disabled, epoch, password_hash, must_change_password,
    factor_epoch, has_factor, must_enrol, break_glass, email, changed_by, owner_id, ${time("created_at")}, standing_reason, mac
  FROM principal`

export const CREDENTIAL = `SELECT id, token_hash, principal_id, kind, assurance, ms_of(created_at) AS created_at,
    ${time("expires_at")}, label, scope, sealed_key, standing_reason, mac
  FROM credential`

export const FACTOR = `SELECT id, principal_id, kind, label, material, credential_id, facts,
    ms_of(created_at) AS created_at, last_use, mac
  FROM factor`

export const REQUEST = `SELECT id, kind, requester_id, verb, targets, change, reason, facts, digest, minutes, uses,
    stepped_up, needed, ms_of(created_at) AS created_at, ${time("expires_at")},
    ms_of(effective_at) AS effective_at, state, ${time("decided_at")}, revision, mac
  FROM access_request`

export const DECISION = `SELECT request_id, approver_id, verdict, ms_of(decided_at) AS decided_at, mac
  FROM access_decision`

export const GRANT = `SELECT id, request_id, principal_id, secret_id, verb, approvals, stepped_up, uses_left,
    ms_of(created_at) AS created_at, ${time("expires_at")}, revision, mac
  FROM access_grant`
export const PROVIDER = `SELECT id, issuer, client_id, secret_version, secret_key_id, secret_sealed, scopes, label, enabled,
    role_rules, mfa_acr, mfa_amr, revision, ${time("created_at")}, ${time("updated_at")}, mac
  FROM identity_provider`

export const IDENTITY = `SELECT id, issuer, subject, principal_id, ms_of(created_at) AS created_at, mac
  FROM external_identity`

export const ROLE = "SELECT name, description, created_by, ms_of(created_at) AS created_at, mac FROM role"

export const IAM_BINDING = "SELECT id, arn, account_id, ms_of(created_at) AS created_at, mac FROM iam_binding"

export const WORKLOAD_ISSUER = `SELECT id, issuer, audience, jwks_uri, jwks, allow_private, bindings,
    ms_of(created_at) AS created_at, ${time("updated_at")}, revision, mac
  FROM workload_issuer`

export const SECRET = `SELECT id, name, arn, description, tags, ms_of(created_at) AS created_at, created_by,
    ${time("changed_at")}, last_accessed, revision,
    ${time("rotation_due_since")}, ${time("deletion_at")}, adopted
  FROM secret`

export const INTENT = `SELECT id, idx, action, name, version_id, principal_id, changes::text AS changes,
    ms_of(started_at) AS started_at
  FROM outside_intent`

const SCHEDULE_COLUMNS = `r.secret_id, r.rotation_lambda_arn, r.rotation_days, ms_of(r.last_rotated) AS last_rotated,
    ms_of(r.next_rotation) AS next_rotation, r.enabled, ms_of(r.created_at) AS created_at, r.strategy, r.expression,
    r.window_hours, r.admin_id, r.place, r.created_by, ms_of(r.overdue_since) AS overdue_since, r.revision, r.mac`

const RUNNING = "EXISTS (SELECT 1 FROM rotation WHERE rotation.secret_id = r.secret_id AND rotation.state = 'running')"

const OF_SECRET = "FROM secret_rotation_schedule r JOIN secret s ON s.id = r.secret_id WHERE s.deletion_at IS NULL"

export const SCHEDULE = `SELECT ${SCHEDULE_COLUMNS} FROM secret_rotation_schedule r WHERE r.secret_id = $1`

export const SCHEDULES_OF = `SELECT ${SCHEDULE_COLUMNS} FROM secret_rotation_schedule r WHERE r.secret_id = ANY($1)`

export const SCHEDULES = `SELECT ${SCHEDULE_COLUMNS}, s.name, ${RUNNING} AS running ${OF_SECRET} AND s.name > $1
  ORDER BY s.name LIMIT $2`

export const SCHEDULES_DUE = `SELECT ${SCHEDULE_COLUMNS} ${OF_SECRET} AND r.enabled AND r.next_rotation <= at_ms($1)
    AND NOT ${RUNNING}
  ORDER BY r.next_rotation LIMIT $2`

export const ROTATION = `SELECT id, secret_id, version_id, from_version, strategy, lambda_arn, cause, started_by, revoke, state, step,
    attempts, ms_of(started_at) AS started_at, ${time("due_at")}, lease, ${time("leased_until")}, fence,
    ${time("finished_at")}, fault, revision
  FROM rotation`

export const BARE_VERSION =
  "secret_id, version_id, seq, key_id, ms_of(created_at) AS created_at, created_by, last_accessed"

export const VERSION = `SELECT ${BARE_VERSION}, sealed FROM secret_version`

export const KEYS = `SELECT id, purpose, wrapped, ms_of(created_at) AS created_at, state FROM keyring_key
  ORDER BY keyring_key.created_at, id`

export const DELIVERY = `SELECT id, recipient, kind, alarm, facts, ms_of(created_at) AS created_at, ${time("due_at")},
    attempts
  FROM notification`

export const ENTRY = `SELECT idx, ${time("timestamp")}, request_id, action, result, resource_type, resource_name, user_id,
    principal_kind, roles, policy_ids, decision, version_id, grant_id, details, quota_use, salt, username,
    ip_text AS ip_address, user_agent, reason, erased_by, commitment, leaf_hash
  FROM security_audit_log`

export const WATCHED = `SELECT idx, ${time("timestamp")}, action, result, resource_type, resource_name, user_id, principal_kind,
    decision, details FROM security_audit_log WHERE idx >= $1 ORDER BY idx LIMIT $2`

export const ERASURE = `SELECT person_id, request_id, order_index, next_index, ${time("ordered_at")}, finished FROM erasure`
