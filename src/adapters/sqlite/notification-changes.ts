import type { Change, ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

type NotificationChange = "addNotification" | "leaseDelivery" | "settleDelivery" | "dropDeliveries" | "pruneDeliveries"

type Apply = { readonly [K in NotificationChange & Change["kind"]]: (sql: Statements, change: ChangeOf<K>) => void }

export const notificationChanges: Apply = {
  addNotification(sql, { row }) {
    const insert =
      sql.of(`INSERT INTO notification (id, recipient, kind, alarm, facts, created_at, due_at, attempts, aside)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0)`)
    for (const recipient of row.recipients)
      insert.run(row.id, recipient, row.kind, Number(row.alarm), JSON.stringify(row.facts), row.createdAt)
  },

  leaseDelivery(sql, { id, recipient, lease, now, until }) {
    const done = sql
      .of(`UPDATE notification SET lease = ?, leased_until = ? WHERE id = ? AND recipient = ?
             AND settled_at IS NULL AND (lease IS NULL OR leased_until <= ?)`)
      .run(lease, until, id, recipient, now)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  settleDelivery(sql, { id, recipient, lease, at, outcome }) {
    const row =
      "done" in outcome
        ? sql
            .of(`UPDATE notification SET settled_at = ?, outcome = ?, lease = NULL, leased_until = NULL
                 WHERE id = ? AND recipient = ? AND lease = ? RETURNING kind`)
            .get(at, outcome.done, id, recipient, lease)
        : sql
            .of(`UPDATE notification SET due_at = ?, attempts = ?, aside = ?, lease = NULL, leased_until = NULL
                 WHERE id = ? AND recipient = ? AND lease = ? RETURNING kind`)
            .get(outcome.retryAt, outcome.attempts, Number(outcome.aside), id, recipient, lease)
    if (row === undefined) throw new ConflictError("gone")
    const line = "WHERE recipient = ?2 AND kind = ?3 AND aside = 0 AND settled_at IS NULL"
    if ("done" in outcome || outcome.aside)
      sql.of(`UPDATE notification SET due_at = ?1 ${line} AND due_at > ?1`).run(at, recipient, row["kind"] as string)
    else
      sql
        .of(`UPDATE notification SET due_at = ?1 ${line} AND due_at < ?1`)
        .run(outcome.retryAt, recipient, row["kind"] as string)
  },

  dropDeliveries(sql, { keep }) {
    const done = sql
      .of(`DELETE FROM notification WHERE seq IN (
             SELECT seq FROM notification WHERE settled_at IS NULL ORDER BY alarm, seq
             LIMIT max(0, (SELECT count(*) FROM notification WHERE settled_at IS NULL) - ?))`)
      .run(keep)
    if (done.changes === 0) throw new ConflictError("gone")
  },

  pruneDeliveries(sql, { before, limit }) {
    sql
      .of(`DELETE FROM notification WHERE seq IN (
             SELECT seq FROM notification WHERE settled_at < ?1
             UNION ALL SELECT seq FROM notification WHERE settled_at IS NULL AND created_at < ?1 LIMIT ?2)`)
      .run(before, limit)
  },
}
