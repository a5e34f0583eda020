import { rmSync } from "node:fs"
import { join } from "node:path"
import { newDatabase } from "../conformance/postgres-database.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"
import { frozenClock, playApprovals } from "./approval-model.ts"
import type { Campaign, Outcome, Setting } from "./campaign.ts"

/** People who ask, decide, read, lose roles and are disabled at random, restarts between; a round is one step. */
export const approvals: Campaign = {
  engines: ["sqlite", "postgres"],
  rounds: 10_000,
  async run({ engine, rounds, draw, progress }: Setting): Promise<Outcome> {
    const folder = temporaryFolder()
    const clock = frozenClock()
    const database = engine === "postgres" ? await newDatabase() : null
    const postgres =
      database === null ? {} : { DATABASE_URL: database.servingUrl, DATABASE_MIGRATION_URL: database.url }
    const env = { ...postgres, TYLER_ROOT_KEY_FILE: join(folder, "root.key"), TRUSTED_PROXIES: "127.0.0.1/32" }
    const start = () => startServer({ folder, clock, env })
    try {
      const played = await playApprovals({ steps: rounds, draw, clock, start, progress })
      const verdict = await verdictOn(await exportLog(played.admin))
      await played.server.close()
      const unsound = verdict.ok ? [] : [`the log does not verify: ${JSON.stringify(verdict.faults)}`]
      const did = Object.entries(played.counts).map(([what, count]) => `${what} ${count}`)
      return { checked: did.join(", "), violations: [...played.violations, ...unsound] }
    } finally {
      await database?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
