import assert from "node:assert/strict"
import { test } from "node:test"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { awsRaces } from "../soak/aws-races.ts"
import { type Campaign, drawFrom, type EngineName } from "../soak/campaign.ts"
import { erasure } from "../soak/erasure.ts"
import { fuzz } from "../soak/fuzz.ts"
import { kill } from "../soak/kill.ts"
import { races } from "../soak/races.ts"
import { storage } from "../soak/storage.ts"
import { tamper } from "../soak/tamper.ts"

/** A few rounds of each long campaign, always the same ones: `npm run soak` runs hundreds. */
const SEED = 20_261
const SAMPLES: readonly (readonly [name: string, campaign: Campaign, rounds: number])[] = [
  ["kill -9 during reads and writes loses nothing", kill, 2],
  ["kill -9 during an erasure: it goes on, and nothing stays", erasure, 1],
  ["limits and changes hold under many requests at once", races, 2],
  ["what a slow read of AWS brings is not delivered after an update, nor kept", awsRaces, 10],
  ["storage that fails costs a 503 and no byte, and heals", storage, 1],
  ["a change of stored entries is found and named", tamper, 100],
  ["odd requests get clear answers, and no value", fuzz, 500],
]
/** How fast something answers is for the soak to measure: this machine may be busy with other tests. */
const isTiming = (violation: string): boolean => /^health took|served elsewhere after/.test(violation)

const withPostgres = await postgresAnswers()

for (const [name, campaign, rounds] of SAMPLES)
  for (const engine of campaign.engines)
    test(`${name}: ${engine}`, { skip: engine === "postgres" && !withPostgres ? "postgres" : false }, () =>
      sample(campaign, engine, rounds),
    )

async function sample(campaign: Campaign, engine: EngineName, rounds: number): Promise<void> {
  const { violations } = await campaign.run({ engine, rounds, draw: drawFrom(SEED), progress: () => undefined })
  assert.deepEqual(
    violations.filter((violation) => !isTiming(violation)),
    [],
  )
}
