import { spawnSync } from "node:child_process"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { postgresAnswers } from "../test/conformance/postgres-database.ts"
import { motoIsThere } from "../test/kit/moto-process.ts"
import { progress } from "./kit.ts"

/** Every figure the project promises, each part a process of its own. `npm run bench -- NAME...` runs some of them. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  start: ["start.ts"],
  cli: ["cli.ts"],
  install: ["install.ts"],
  verify: ["audit-verify.ts"],
  sqlite: ["reads.ts", "sqlite"],
  postgres: ["reads.ts", "postgres"],
  aws: ["aws.ts"],
  endpoint: ["endpoint.ts"],
  logins: ["logins.ts"],
  approvals: ["approvals.ts"],
  rotation: ["rotation.ts"],
  scale: ["scale.ts"],
  backup: ["backup.ts"],
}

/** What a part needs and this machine may not have. @returns why it is not measured */
const MISSING: Readonly<Record<string, () => Promise<string | undefined>>> = {
  postgres: noPostgres,
  aws: async () => (motoIsThere() ? noPostgres() : "no moto_server here"),
}

async function noPostgres(): Promise<string | undefined> {
  return (await postgresAnswers()) ? undefined : "no PostgreSQL answers"
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in PARTS))
if (unknown.length > 0) {
  progress(`no such part: ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`)
  process.exit(2)
}

process.stdout.write(`${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}\n\n`)
process.stdout.write("| what | figure | promised |\n|---|---|---|\n")
const failed: string[] = []
for (const [name, [file = "", ...args]] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const missing = await MISSING[name]?.()
  if (missing !== undefined) {
    process.stdout.write(`| ${name} | not measured: ${missing} | |\n`)
    continue
  }
  progress(`${name}...`)
  const script = fileURLToPath(new URL(file, import.meta.url))
  const run = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  })
  if (run.status !== 0) failed.push(name)
}
if (failed.length > 0) progress(`failed: ${failed.join(", ")}`)
process.exitCode = failed.length > 0 ? 1 : 0
