import { parseArgs } from "node:util"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { approvals } from "./approvals.ts"
import { awsRaces } from "./aws-races.ts"
import { type Campaign, drawFrom } from "./campaign.ts"
import { erasure } from "./erasure.ts"
import { fuzz } from "./fuzz.ts"
import { kill } from "./kill.ts"
import { races } from "./races.ts"
import { rotation } from "./rotation.ts"
import { storage } from "./storage.ts"
import { tamper } from "./tamper.ts"

/** The long campaigns: `npm run soak -- --only kill --rounds 20 --seed 7`. Exit code 1 if a promise was broken. */
const CAMPAIGNS: Readonly<Record<string, Campaign>> = {
  kill,
  erasure,
  races,
  "aws-races": awsRaces,
  approvals,
  rotation,
  storage,
  tamper,
  fuzz,
}

const { values } = parseArgs({
  options: { only: { type: "string" }, rounds: { type: "string" }, seed: { type: "string" } },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const only = values.only?.split(",")
const unknown = (only ?? []).filter((name) => !(name in CAMPAIGNS))
if (unknown.length > 0)
  throw new Error(`no such campaign: ${unknown.join(", ")}; there are ${Object.keys(CAMPAIGNS).join(", ")}`)

process.stderr.write(`seed ${seed}\n`)
const withPostgres = await postgresAnswers()
const lines: string[] = []
let broken = 0
for (const [name, campaign] of Object.entries(CAMPAIGNS)) {
  if (only !== undefined && !only.includes(name)) continue
  for (const engine of campaign.engines) {
    if (engine === "postgres" && !withPostgres) {
      lines.push(`| ${name} | ${engine} | 0 | no server answers | not run | |`)
      continue
    }
    const rounds = Number(values.rounds ?? campaign.rounds)
    const began = performance.now()
    const progress = (text: string): void => void process.stderr.write(`${name} ${engine} ${text}\n`)
    const { checked, violations } = await campaign.run({ engine, rounds, draw: drawFrom(seed), progress })
    const seconds = Math.round((performance.now() - began) / 1000)
    for (const violation of violations.slice(0, 20)) process.stderr.write(`VIOLATION ${name} ${engine}: ${violation}\n`)
    broken += violations.length
    lines.push(`| ${name} | ${engine} | ${rounds} | ${checked} | ${violations.length} | ${seconds} s |`)
  }
}
process.stdout.write("| campaign | engine | rounds | looked at | violations | took |\n|---|---|---|---|---|---|\n")
process.stdout.write(`${lines.join("\n")}\n`)
process.exitCode = broken > 0 ? 1 : 0
