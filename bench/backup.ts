import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { newIdentity } from "../src/backup/age.ts"
import { newDatabase, postgresAnswers } from "../test/conformance/postgres-database.ts"
import { growLog } from "../test/kit/long-log.ts"
import { offlineService } from "../test/kit/offline.ts"
import { ADMIN_NAME, logIn } from "../test/kit/people.ts"
import { startProcess } from "../test/kit/process.ts"
import { serverEnvironment, temporaryFolder } from "../test/kit/server.ts"
import { progress, row } from "./kit.ts"
import { deliveredReads } from "./log.ts"
import { ENVIRONMENT, setStage } from "./reads/stage.ts"

/** A backup of a large installation, its restore on an empty host, and the log verified there. */
const SECRETS = Number(process.argv[2] ?? 10_000)
const ENTRIES = Number(process.argv[3] ?? 1_000_000)

const folder = temporaryFolder()
const key = await newIdentity()
const keyFile = join(folder, "backup.key")
const backup = join(folder, "backup")
writeFileSync(keyFile, key.identity, { mode: 0o600 })

interface Took {
  readonly seconds: number
  readonly mebibytes: number
}

/** `tyler-server ...`, and what it took: wall time and the most memory it ever had. */
function command(env: Readonly<Record<string, string>>, ...args: readonly string[]): Took {
  const began = performance.now()
  const script =
    "import(process.argv[1]).then(({ main }) => main(process.argv.slice(2))).then((code) => { process.exitCode = code; process.stderr.write(`\\npeak ${process.resourceUsage().maxRSS}`) })"
  const main = fileURLToPath(new URL("../src/main/server.ts", import.meta.url))
  const run = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--eval", script, "--", main, ...args],
    {
      env: { PATH: process.env["PATH"], ...env },
      encoding: "utf8",
    },
  )
  if (run.status !== 0) throw new Error(run.stderr)
  const peak = Number(/peak (\d+)$/.exec(run.stderr)?.[1])
  return { seconds: (performance.now() - began) / 1000, mebibytes: peak / 1024 }
}

const figure = ({ seconds, mebibytes }: Took): string =>
  `${seconds.toFixed(1)} s, ${mebibytes.toFixed(0)} MiB of memory`

async function install(): Promise<void> {
  const server = await startProcess({ folder, env: ENVIRONMENT })
  await setStage(server, SECRETS)
  await server.stop()
  progress(`  ${SECRETS} secrets`)
  await offlineService(folder, ENVIRONMENT, async (on) => {
    const { size } = await on.reader.head()
    await growLog(on, ENTRIES - size)
  })
  progress(`  ${ENTRIES} entries`)
}

async function restored(name: string, target: string, urls: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(join(target, "data"), { mode: 0o700 })
  copyFileSync(join(folder, "data", "root.key"), join(target, "data", "root.key"))
  const env = { ...ENVIRONMENT, ...urls }
  const took = command(serverEnvironment(target, env), "restore", backup, "--identity", keyFile)
  row(`restore into ${name}`, figure(took), "at most 10 minutes")
  const server = await startProcess({ folder: target, env })
  const began = performance.now()
  const reads = await deliveredReads(await logIn(server.url, ADMIN_NAME))
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  row("its log, exported and verified", `sound, ${reads} reads, ${seconds} s`, "sound")
  await server.close()
}

const places: string[] = [folder]
try {
  await install()
  const env = serverEnvironment(folder, { ...ENVIRONMENT, TYLER_BACKUP_RECIPIENTS: key.recipient })
  const first = command(env, "backup", backup)
  const bytes = readdirSync(backup).reduce((sum, name) => sum + statSync(join(backup, name)).size, 0)
  row(
    `backup of ${SECRETS} secrets and ${ENTRIES} entries`,
    `${figure(first)}, ${(bytes / 2 ** 20).toFixed(0)} MiB, database ${(statSync(join(folder, "data", "tyler.db")).size / 2 ** 20).toFixed(0)} MiB`,
    "memory does not grow with it",
  )
  row("the same again", figure(command(env, "backup", backup)), "what is new only")
  const fresh = temporaryFolder()
  places.push(fresh)
  await restored("SQLite", fresh, {})
  if (await postgresAnswers()) {
    await using database = await newDatabase()
    const other = temporaryFolder()
    places.push(other)
    const urls = { DATABASE_URL: database.servingUrl, DATABASE_MIGRATION_URL: database.url }
    await restored("PostgreSQL", other, urls)
  }
} finally {
  for (const place of places) rmSync(place, { recursive: true, force: true })
}
