import type { Client } from "pg"
import type { Change, ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import { run } from "./run.ts"

type NotificationChange = "addNotification" | "leaseDelivery" | "settleDelivery" | "dropDeliveries" | "pruneDeliveries"

type Apply = {
  readonly [K in NotificationChange & Change["kind"]]: (db: Client, change: ChangeOf<K>) => Promise<void>
}

export const notificationChanges: Apply = {
  async addNotification(db, { row }) {
    await run(
      db,
      `INSERT INTO notification (id, recipient, kind, alarm, facts, created_at, due_at, attempts, aside)
       SELECT $1, recipient, $3, $4, $5, at_ms($6), at_ms($6), 0, false
       FROM unnest($2::text[]) WITH ORDINALITY AS r (recipient, at) ORDER BY r.at`,
      [row.id, row.recipients, row.kind, row.alarm, JSON.stringify(row.facts), row.createdAt],
    )
  },

  async leaseDelivery(db, { id, recipient, lease, now, until }) {
    const done = await run(
      db,
      `UPDATE notification SET lease = $3, leased_until = at_ms($4) WHERE id = $1 AND recipient = $2
         AND settled_at IS NULL AND (lease IS NULL OR leased_until <= at_ms($5))`,
      [id, recipient, lease, until, now],
    )
    if (done !== 1) throw new ConflictError("gone")
  },

  async settleDelivery(db, { id, recipient, lease, at, outcome }) {
    const done =
      "done" in outcome
        ? await run(
            db,
            `UPDATE notification SET settled_at = at_ms($4), outcome = $5, lease = NULL, leased_until = NULL
             WHERE id = $1 AND recipient = $2 AND lease = $3`,
            [id, recipient, lease, at, outcome.done],
          )
        : await run(
            db,
            `UPDATE notification SET due_at = at_ms($4), attempts = $5, aside = $6, lease = NULL, leased_until = NULL
             WHERE id = $1 AND recipient = $2 AND lease = $3`,
            [id, recipient, lease, outcome.retryAt, outcome.attempts, outcome.aside],
          )
    if (done !== 1) throw new ConflictError("gone")
    const line = `UPDATE notification SET due_at = at_ms($3) WHERE recipient = $2 AND NOT aside AND settled_at IS NULL
      AND kind = (SELECT kind FROM notification WHERE id = $1 AND recipient = $2)`
    if ("done" in outcome || outcome.aside) await run(db, `${line} AND due_at > at_ms($3)`, [id, recipient, at])
    else await run(db, `${line} AND due_at < at_ms($3)`, [id, recipient, outcome.retryAt])
  },

  async dropDeliveries(db, { keep }) {
    const done = await run(
      db,
      `DELETE FROM notification WHERE seq = ANY (ARRAY (
         SELECT seq FROM notification WHERE settled_at IS NULL ORDER BY alarm, seq
         LIMIT greatest(0, (SELECT count(*) FROM notification WHERE settled_at IS NULL) - $1)))`,
      [keep],
    )
    if (done === 0) throw new ConflictError("gone")
  },

  async pruneDeliveries(db, { before, limit }) {
    await run(
      db,
      `DELETE FROM notification WHERE seq = ANY (ARRAY (
         SELECT seq FROM notification WHERE settled_at < at_ms($1)
         UNION ALL SELECT seq FROM notification WHERE settled_at IS NULL AND created_at < at_ms($1) LIMIT $2))`,
      [before, limit],
    )
  },
}
