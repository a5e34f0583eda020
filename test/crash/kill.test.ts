import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { drawFrom, type EngineName } from "../soak/campaign.ts"
import { kill } from "../soak/kill.ts"

/** A few rounds of the long campaign, always the same ones: `npm run soak` has two hundred. */
const SEED = 20_261
const ROUNDS = 4

async function sample(engine: EngineName): Promise<void> {
  const { violations } = await kill.run({ engine, rounds: ROUNDS, draw: drawFrom(SEED), progress: () => undefined })
  assert.deepEqual(violations, [])
}

test("kill -9 during reads and writes loses nothing on SQLite", () => sample("sqlite"))

test(
  "kill -9 during reads and writes loses nothing on PostgreSQL",
  {
    skip: (await postgresAnswers()) ? false : "postgres",
  },
  () => sample("postgres"),
)
