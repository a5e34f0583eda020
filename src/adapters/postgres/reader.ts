import { escrowOf } from "../../state/escrow.ts"
import { TylerError } from "../../core/errors.ts"
import { foldName } from "../../core/name.ts"
import type { EntryQuery, SecretOrder, StateReader } from "../../state/reader.ts"
import type { Patience } from "./connect.ts"
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
import { Lanes } from "./lanes.ts"
import {
  BARE_VERSION,
  CREDENTIAL,
  DECISION,
  DELIVERY,
  ENTRY,
  ERASURE,
  FACTOR,
  GRANT,
  HEAD,
  IAM_BINDING,
  IDENTITY,
  INTENT,
  KEYS,
  POLICIES,
  PRINCIPAL,
  PROVIDER,
  REQUEST,
  ROTATION,
  SCHEDULE,
  SCHEDULES,
  SCHEDULES_DUE,
  SCHEDULES_OF,
  SECRET,
  VERSION,
  ROLE,
  WATCHED,
  WORKLOAD_ISSUER,
} from "./selects.ts"

export interface ReaderStart {
  readonly url: string
  readonly patience?: Patience
}

/** Connects with the first question, and again after a loss. */
export function postgresReader(start: ReaderStart): StateReader & { close(): Promise<void> } {
  const lanes = new Lanes(start.url, start.patience)

  async function all<T>(decode: (row: SqlRow) => T, text: string, ...values: unknown[]): Promise<T[]> {
    return (await lanes.query(text, values)).map(decode)
  }

  async function one<T>(decode: (row: SqlRow) => T, text: string, ...values: unknown[]): Promise<T | undefined> {
    const [row] = await lanes.query(text, values)
    return row === undefined ? undefined : decode(row)
  }

  const count = (row: SqlRow): number => row["n"] as number

  return {
    async head() {
      const row = await one(headRow, HEAD)
      if (row === undefined) throw new TylerError("unavailable", { cause: "corrupt" }, "the database has no log head")
      return row
    },
    policies: () => all(policyRow, POLICIES),
    setupClosed: async () => (await one((row) => row["setup_closed"] === true, HEAD)) === true,

    principalById: (id) => one(principalRow, `${PRINCIPAL} WHERE id = $1`, id),
    principalByName: (name) => one(principalRow, `${PRINCIPAL} WHERE name = $1`, name),
    principals: (kind, after, limit) =>
      all(principalRow, `${PRINCIPAL} WHERE kind = $1 AND name > $2 ORDER BY name LIMIT $3`, kind, after, limit),
    roles: () => all(roleRow, `${ROLE} ORDER BY name`),
    iamBindings: () => all(iamBindingRow, `${IAM_BINDING} ORDER BY arn`),
    iamBinding: (arn) => one(iamBindingRow, `${IAM_BINDING} WHERE arn = $1`, arn),
    workloadIssuers: () => all(workloadIssuerRow, `${WORKLOAD_ISSUER} ORDER BY issuer`),
    workloadIssuerById: (id) => one(workloadIssuerRow, `${WORKLOAD_ISSUER} WHERE id = $1`, id),
    workloadIssuer: (issuer) => one(workloadIssuerRow, `${WORKLOAD_ISSUER} WHERE issuer = $1`, issuer),
    programsOf: (ownerId) =>
      all(principalRow, `${PRINCIPAL} WHERE owner_id = $1 AND kind = 'program' ORDER BY name`, ownerId),
    erasure: (id) => one(erasureRow, `${ERASURE} WHERE person_id = $1`, id),
    openErasures: (limit) =>
      all(erasureRow, `${ERASURE} WHERE NOT finished ORDER BY erasure.ordered_at, person_id LIMIT $1`, limit),
    hold: (id) =>
      one(holdRow, "SELECT person_id, held_by, ms_of(held_at) AS held_at FROM legal_hold WHERE person_id = $1", id),
    credentialByHash: (hash) => one(credentialRow, `${CREDENTIAL} WHERE token_hash = $1`, hash),
    credentialsOf: (id) =>
      all(credentialRow, `${CREDENTIAL} WHERE principal_id = $1 ORDER BY credential.created_at, id`, id),

    factorsOf: (id) => all(factorRow, `${FACTOR} WHERE principal_id = $1 ORDER BY factor.created_at, id`, id),
    usedOnce: async (id) => (await one(() => true, "SELECT 1 FROM used_once WHERE id = $1", id)) ?? false,
    request: (id) => one(requestRow, `${REQUEST} WHERE id = $1`, id),
    requests: ({ requesterId, state, before, limit }) =>
      all(
        requestRow,
        `${REQUEST} WHERE ($1::text IS NULL OR requester_id = $1) AND ($2::text IS NULL OR state = $2)
           AND ($3::bigint IS NULL OR (access_request.created_at, id) < (at_ms($3), $4))
         ORDER BY access_request.created_at DESC, id DESC LIMIT $5`,
        requesterId,
        state,
        before?.createdAt ?? null,
        before?.id ?? null,
        limit,
      ),
    requestsDue: (now, limit) =>
      all(
        requestRow,
        `${REQUEST} WHERE access_request.effective_at IS NOT NULL AND state = 'pending'
           AND access_request.effective_at <= at_ms($1) ORDER BY access_request.effective_at LIMIT $2`,
        now,
        limit,
      ),
    decisions: (id) =>
      all(decisionRow, `${DECISION} WHERE request_id = $1 ORDER BY access_decision.decided_at, approver_id`, id),
    grant: (id) => one(grantRow, `${GRANT} WHERE id = $1`, id),
    grantsFor: (principalId, secretId, verb) =>
      all(
        grantRow,
        `${GRANT} WHERE principal_id = $1 AND secret_id = $2 AND verb = $3 ORDER BY access_grant.created_at DESC, id`,
        principalId,
        secretId,
        verb,
      ),
    grantsOf: (id, limit) =>
      all(grantRow, `${GRANT} WHERE principal_id = $1 ORDER BY access_grant.created_at DESC, id LIMIT $2`, id, limit),
    identityProviders: () => all(identityProviderRow, `${PROVIDER} ORDER BY id`),
    identityProvider: (id) => one(identityProviderRow, `${PROVIDER} WHERE id = $1`, id),
    externalIdentity: (issuer, subject) =>
      one(externalIdentityRow, `${IDENTITY} WHERE issuer = $1 AND subject = $2`, issuer, subject),
    externalIdentitiesOf: (id) =>
      all(externalIdentityRow, `${IDENTITY} WHERE principal_id = $1 ORDER BY external_identity.created_at, id`, id),

    secretByName: (name) => one(secretRow, `${SECRET} WHERE name = $1`, name),
    secretById: (id) => one(secretRow, `${SECRET} WHERE id = $1`, id),
    secretBelow: async (prefix) =>
      (await one(
        () => true,
        "SELECT 1 FROM secret WHERE folded_name >= $1 AND folded_name < $1 || chr(65535) LIMIT 1",
        prefix,
      )) ?? false,
    secrets: ({ after, prefix, search, limit }) =>
      all(secretRow, LIST, after, prefix, search === null ? null : foldName(search), limit),
    sortedSecrets: ({ by, descending, after, pending, limit }) =>
      all(
        secretRow,
        sortedList(by, descending, after === null),
        after === null ? null : String(after.key),
        after?.name ?? null,
        pending,
        limit,
      ),
    secretsDueForPurge: (now, limit) =>
      all(secretRow, `${SECRET} WHERE deletion_at <= at_ms($1) ORDER BY secret.deletion_at LIMIT $2`, now, limit),
    catalog: (after, limit) => all(secretRow, `${SECRET} WHERE name > $1 ORDER BY name LIMIT $2`, after, limit),
    intents: (before, limit) =>
      all(
        intentRow,
        `${INTENT} WHERE outside_intent.started_at < at_ms($1) ORDER BY outside_intent.started_at, idx LIMIT $2`,
        before,
        limit,
      ),
    intentsOf: (name) => all(intentRow, `${INTENT} WHERE name = $1 ORDER BY idx`, name),
    labels: (id) => all(labelRow, "SELECT label, version_id FROM secret_label WHERE secret_id = $1 ORDER BY label", id),
    labelsOf: (ids) =>
      all(
        (row) => ({ ...labelRow(row), secretId: row["secret_id"] as string }),
        "SELECT secret_id, label, version_id FROM secret_label WHERE secret_id = ANY($1) ORDER BY secret_id, label",
        ids,
      ),
    version: (id, versionId) => one(versionRow, `${VERSION} WHERE secret_id = $1 AND version_id = $2`, id, versionId),
    versionByLabel: (id, label) =>
      one(
        versionRow,
        `${VERSION} WHERE secret_id = $1
           AND version_id = (SELECT version_id FROM secret_label WHERE secret_id = $1 AND label = $2)`,
        id,
        label,
      ),
    versions: (id) =>
      all(bareVersionRow, `SELECT ${BARE_VERSION} FROM secret_version WHERE secret_id = $1 ORDER BY seq DESC`, id),
    versionsUnderKey: (keyId, limit) => all(versionRow, `${VERSION} WHERE key_id = $1 LIMIT $2`, keyId, limit),
    countVersionsUnderKey: async (keyId) =>
      (await one(count, "SELECT count(*) AS n FROM secret_version WHERE key_id = $1", keyId)) ?? 0,
    keys: () => all(keyRow, KEYS),
    async rootKeyCheck() {
      const check = await one(
        (row) => row["value"] as Uint8Array,
        "SELECT value FROM meta WHERE key = 'root_key_check'",
      )
      if (check === undefined) throw new TylerError("unavailable", { cause: "corrupt" }, "no root key check")
      return check
    },

    retainedUpTo: async (name) =>
      (await one(
        (row) => Number(Buffer.from(row["value"] as Uint8Array).toString("utf8")),
        META,
        `retained_${name}`,
      )) ?? 0,
    escrow: () => one((row) => escrowOf(row["value"] as Uint8Array), "SELECT value FROM meta WHERE key = 'escrow'"),

    quotaUsed: async (principalId, secretId, day) =>
      (await one(
        count,
        "SELECT used AS n FROM quota_use WHERE principal_id = $1 AND day = $2 AND secret_id = $3",
        principalId,
        day,
        secretId ?? "",
      )) ?? 0,

    prunable: async (expiredBefore, beforeDay) =>
      (await one(
        (row) => row["due"] === true,
        `SELECT EXISTS (SELECT 1 FROM credential WHERE expires_at < at_ms($1))
           OR EXISTS (SELECT 1 FROM used_once WHERE expires_at < at_ms($1))
           OR EXISTS (SELECT 1 FROM access_grant WHERE expires_at < at_ms($1))
           OR EXISTS (SELECT 1 FROM principal p JOIN quota_use q ON q.principal_id = p.id AND q.day < $2) AS due`,
        expiredBefore,
        beforeDay,
      )) === true,

    schedule: (id) => one(scheduleRow, SCHEDULE, id),
    schedulesOf: (ids) => all(scheduleRow, SCHEDULES_OF, ids),
    schedules: (after, limit) => all(namedScheduleRow, SCHEDULES, after, limit),
    schedulesDue: (now, limit) => all(scheduleRow, SCHEDULES_DUE, now, limit),
    schedulesOverdue: async (before) =>
      (await one(
        count,
        `SELECT count(*) AS n FROM secret_rotation_schedule
         WHERE enabled AND coalesce(overdue_since, next_rotation) < at_ms($1)`,
        before,
      )) ?? 0,
    rotation: (id) => one(rotationRow, `${ROTATION} WHERE id = $1`, id),
    rotationsOf: (secretId, limit) =>
      all(
        rotationRow,
        `${ROTATION} WHERE secret_id = $1 ORDER BY rotation.started_at DESC, (state = 'running') DESC, id LIMIT $2`,
        secretId,
        limit,
      ),
    rotationsDue: (now, limit) =>
      all(
        rotationRow,
        `${ROTATION} WHERE state = 'running' AND rotation.due_at <= at_ms($1)
           AND (lease IS NULL OR rotation.leased_until <= at_ms($1))
         ORDER BY rotation.due_at LIMIT $2`,
        now,
        limit,
      ),
    rotationsPrunable: async (before) =>
      (await one(
        (row) => row["due"] === true,
        "SELECT EXISTS (SELECT 1 FROM rotation WHERE finished_at < at_ms($1)) AS due",
        before,
      )) === true,

    deliveriesDue: ({ channel, now, limit }) => all(deliveryRow, DUE, now, channel, limit),
    deliveriesWaiting: async () =>
      (await one(count, "SELECT count(*) AS n FROM notification WHERE settled_at IS NULL")) ?? 0,
    deliveriesPrunable: async (before) =>
      (await one(
        (row) => row["due"] === true,
        `SELECT EXISTS (SELECT 1 FROM notification WHERE settled_at < at_ms($1))
           OR EXISTS (SELECT 1 FROM notification WHERE settled_at IS NULL AND created_at < at_ms($1)) AS due`,
        before,
      )) === true,

    entries: (query) => {
      const { text, values } = entryQuery(query)
      return all(entryRow, text, ...values)
    },
    entryRange: (from, to, limit) =>
      all(entryRow, `${ENTRY} WHERE idx >= $1 AND idx < $2 ORDER BY idx LIMIT $3`, from, to, limit),
    watchedEntries: (from, limit) => all(watchedEntry, WATCHED, from, limit),
    leafHashes: (from, to) =>
      all(
        (row) => row["leaf_hash"] as Uint8Array,
        "SELECT leaf_hash FROM security_audit_log WHERE idx >= $1 AND idx < $2 ORDER BY idx",
        from,
        to,
      ),
    node: (level, position) =>
      one(
        (row) => row["hash"] as Uint8Array,
        "SELECT hash FROM audit_node WHERE level = $1 AND position = $2",
        level,
        position,
      ),
    close: () => lanes.close(),
  }
}

const META = "SELECT value FROM meta WHERE key = $1"

/** Prefix as a range, so that the name index is used; names are ASCII, so U+FFFF ends every prefix. */
const LIST = `${SECRET}
  WHERE name > $1 AND name >= $2 AND name < $2 || chr(65535) AND deletion_at IS NULL
    AND ($3::text IS NULL OR strpos(lower(name), $3) > 0 OR strpos(lower(description), $3) > 0)
  ORDER BY name LIMIT $4`

/** The keys that a list is sorted by, and how a page's last key comes back as one. */
const SORT_KEYS: Readonly<Record<SecretOrder, readonly [key: string, given: string]>> = {
  created: ["secret.created_at", "at_ms($1::bigint)"],
  changed: ["secret.changed_at", "at_ms($1::bigint)"],
  accessed: ["coalesce(secret.last_accessed, '')", "$1::text"],
  name: ["secret.name", "$1::text"],
}

function sortedList(by: SecretOrder, descending: boolean, fromStart: boolean): string {
  const [key, given] = SORT_KEYS[by]
  const direction = descending ? "DESC" : "ASC"
  const behind = `(${key}, secret.name) ${descending ? "<" : ">"} (${given}, $2)`
  return `${SECRET}
  WHERE ${fromStart ? "$1::text IS NULL AND $2::text IS NULL" : behind} AND ($3 OR deletion_at IS NULL)
  ORDER BY ${key} ${direction}, secret.name ${direction} LIMIT $4`
}

/** A line is due when any of it is, and then its first is sent. */
const CHANNEL = "CASE WHEN recipient IN ('webhook', 'slack', 'syslog') THEN recipient ELSE 'mail' END"

const DUE = `${DELIVERY} JOIN (
    SELECT min(seq) AS seq FROM notification
    WHERE settled_at IS NULL AND NOT aside AND ${CHANNEL} = $2
    GROUP BY recipient, kind HAVING min(due_at) <= at_ms($1)
    UNION ALL
    SELECT seq FROM notification
    WHERE settled_at IS NULL AND aside AND ${CHANNEL} = $2 AND due_at <= at_ms($1)) AS first USING (seq)
  WHERE lease IS NULL OR leased_until <= at_ms($1) ORDER BY alarm DESC, seq LIMIT $3`

const FILTERS: readonly (readonly [keyof EntryQuery, (parameter: string) => string])[] = [
  ["resourceName", (parameter) => `resource_name = ${parameter}`],
  ["userId", (parameter) => `user_id = ${parameter}`],
  ["action", (parameter) => `action = ${parameter}`],
  ["result", (parameter) => `result = ${parameter}`],
  ["from", (parameter) => `timestamp >= at_ms(${parameter})`],
  ["to", (parameter) => `timestamp <= at_ms(${parameter})`],
  ["before", (parameter) => `idx < ${parameter}`],
]

function entryQuery(query: EntryQuery): { text: string; values: unknown[] } {
  const used = FILTERS.filter(([field]) => query[field] !== undefined)
  const where = used.map(([, condition], at) => condition(`$${at + 2}`)).join(" AND ")
  return {
    text: `${ENTRY} ${where === "" ? "" : `WHERE ${where}`} ORDER BY idx DESC LIMIT $1`,
    values: [query.limit, ...used.map(([field]) => query[field])],
  }
}
