import assert from "node:assert/strict"
import { test } from "node:test"
import { systemClock } from "../core/clock.ts"
import { Turn } from "../core/turn.ts"
import { defaultPolicies } from "../policy/defaults.ts"
import { policySet } from "../policy/document.ts"
import type { PolicyRow } from "../state/rows.ts"
import { floorOf, weakerText } from "./floor.ts"

const shipped = defaultPolicies(1)

/** The parts in which these rows ask less, with the names it holds for. */
async function weaker(rows: readonly PolicyRow[]): Promise<object> {
  const floor = await floorOf(policySet(rows, 7), new Turn(systemClock))
  assert.equal(floor.complete, true)
  return Object.fromEntries(
    [...floor.weaker].flatMap(([part, found]) => (found.length === 0 ? [] : [[part, weakerText(found)]])),
  )
}

function changed(id: string, fields: Partial<PolicyRow>): readonly PolicyRow[] {
  return shipped.map((row) => (row.id === id ? { ...row, ...fields } : row))
}

test("the shipped rows ask as much as they do, and stricter ones no less", async () => {
  assert.deepEqual(await weaker(shipped), {})
  assert.deepEqual(
    await weaker(changed("config", { requiresMfa: true, requiresApproval: true, maxAccessPerDay: 1 })),
    {},
  )
})

test("each part that is less is named with a name and its rows", async () => {
  assert.deepEqual(await weaker(changed("database", { requiresMfa: false })), {
    second_factor: "database/any (rows database)",
  })
  assert.deepEqual(await weaker(changed("financial", { requiresApproval: false })), {
    approval: "financial/any (rows financial)",
  })
  assert.deepEqual(await weaker(changed("config", { maxAccessPerDay: null })), {
    per_day: "config/any (rows config)",
    program_per_day: "config/any (rows config)",
  })
})

test("a row that is gone asks nothing; one that stands in for it with a narrower pattern asks for that part only", async () => {
  const without = shipped.filter(({ id }) => id !== "database")
  assert.ok("second_factor" in (await weaker(without)))
  const narrower = changed("database", { secretPattern: "database/main/*" })
  assert.match(JSON.stringify(await weaker(narrower)), /"second_factor":"database\/any \(rows none\)"/)
})
