import assert from "node:assert/strict"
import { before, describe, test } from "node:test"
import type { EngineFactory } from "./engine.ts"
import { act, plain } from "./rows.ts"
import { sharedEngine } from "./shared-engine.ts"

const COLUMNS = [
  ["idx", "99"],
  ["request_id", "'other'"],
  ["action", "'LIST'"],
  ["result", "'DENIED'"],
  ["resource_type", "'x'"],
  ["resource_name", "'config/other'"],
  ["user_id", "'person-9'"],
  ["principal_kind", "'program'"],
  ["decision", "'other'"],
  ["version_id", "'v'"],
  ["grant_id", "'g'"],
  ["details", "'d'"],
  ["quota_use", "7"],
  ["username", "'other'"],
  ["user_agent", "'other'"],
  ["reason", "'another good reason'"],
  ["erased_by", "2"],
] as const

/** The guard against mistakes and careless scripts; who owns the database can take it away (see the threat model). */
export function appendOnlyConformance(factory: EngineFactory): void {
  describe(`audit table on ${factory.name}`, () => {
    const on = sharedEngine(factory)
    before(async () => {
      await on.at.ledger.recordAll([act(), act(), act()])
    })
    const stored = async (): Promise<unknown> => (await on.at.reader.entryRange(0, 10, 10)).map(plain)
    const refused = async (sql: string): Promise<void> => {
      const before = await stored()
      await assert.rejects(on.at.tamper(sql), /append-only/, sql)
      assert.deepEqual(await stored(), before)
    }
    const erasure = (order: string, more = ""): string => {
      const nulls = on.at.personalColumns.map((column) => `${column} = NULL`).join(", ")
      return `UPDATE security_audit_log SET ${nulls}, commitment = ${on.at.commitment}, erased_by = ${order} ${more}`
    }

    test("no row can be deleted", async () => {
      await refused("DELETE FROM security_audit_log WHERE idx = 2")
      await refused("DELETE FROM security_audit_log")
    })

    for (const [column, value] of COLUMNS)
      test(`${column} cannot be changed`, async () => {
        await refused(`UPDATE security_audit_log SET ${column} = ${value} WHERE idx = 1`)
      })

    test("personal fields cannot be emptied without an order", async () => {
      for (const column of on.at.personalColumns)
        await refused(`UPDATE security_audit_log SET ${column} = NULL WHERE idx = 1`)
    })

    test("an erasure by an entry that does not stand after it is refused", async () => {
      for (const order of ["0", "1", "NULL"]) await refused(`${erasure(order)} WHERE idx = 1`)
    })

    test("an erasure that changes anything else is refused", async () => {
      await refused(`${erasure("2", ", action = 'LIST'")} WHERE idx = 1`)
      await refused(`${erasure("2", ", user_id = 'person-9'")} WHERE idx = 1`)
    })

    test("an erasure ordered by a later entry is allowed", async () => {
      await on.at.tamper(`${erasure("2")} WHERE idx = 0`)
      const [entry] = await on.at.reader.entryRange(0, 1, 1)
      const { salt, username, ipAddress, userAgent, reason, erasedBy, commitment } = entry ?? {}
      assert.deepEqual([salt, username, ipAddress, userAgent, reason], [null, null, null, null, null])
      assert.deepEqual([erasedBy, commitment?.byteLength], [2, 32])
    })
  })
}
