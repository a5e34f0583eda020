import { existsSync } from "node:fs"
import { createNextRootKey } from "../adapters/local/root-key-files.ts"
import { systemClock } from "../core/clock.ts"
import { systemRandom } from "../core/random.ts"
import { TylerError } from "../core/errors.ts"
import { parseReason } from "../core/reason.ts"
import { StartFault } from "../core/start-fault.ts"
import type { AwsPlace } from "../adapters/aws/client.ts"
import { giveMemoryBack, loopShare, onceAtRest } from "./at-rest.ts"
import type { Running } from "./compose.ts"
import { type Config, parseConfig } from "./config.ts"
import type { Offline } from "./offline.ts"
import { keepingCommand } from "./keeping-command.ts"
import { poolGivesWay } from "./pool-priority.ts"
import { VERSION, versionLines } from "./version.ts"

const SURROUNDINGS = { clock: systemClock, random: systemRandom }

const HELP = `tyler-server: the server side of Tyler Setup, on the server's machine

  tyler-server serve                          start the server
  tyler-server health [--live]                ask the running server whether it is ready (--live: whether it answers)
  tyler-server doctor [--json]                look for what is wrong, beside a running server; changes nothing
  tyler-server aws doctor [--json]            try what AWS is needed for: identity, clock, each permission
  tyler-server aws alarms apply --topic ARN [--dry-run]
                                              CloudWatch's alarms as docs/alarms.md has them, told to that SNS topic
  tyler-server new-root-key                   put a new root key beside the one in use, for tyler keys rotate-root
  tyler-server keys escrow FILE --recipient AGE   seal the root key to somebody's public key of age (more may be given)
  tyler-server keys escrow --confirm DIGEST   on record: somebody opened it (SQLite: server stopped)
  tyler-server backup FOLDER                  a sealed backup, or the rest of one; beside the server
  tyler-server restore FOLDER                 into an empty place; --identity FILE opens it, --check only looks
  tyler-server new-backup-key FILE            a key pair to seal backups to, if age-keygen is not at hand
  tyler-server recover-admin USER             a one-time password for an admin who cannot sign in (all servers stopped)
  tyler-server accept-rollback --reason TEXT  go on after a restored backup, with the loss on record (server stopped)
  tyler-server --version
  tyler-server --help

Configuration comes from environment variables: docs/configuration.md.
Exit codes: 0 done, 1 fault, 2 usage.
`

/** @returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [command = "--help", ...rest] = argv
  switch (command) {
    case "serve":
      return rest.length === 0 ? configured(serve) : usage("serve takes no arguments")
    case "health":
      if (rest.length > 1 || (rest[0] ?? "--live") !== "--live") return usage("health takes --live, or nothing")
      return configured((config) => health(config, rest.length === 1))
    case "doctor":
      if (rest.length > 1 || (rest[0] ?? "--json") !== "--json") return usage("doctor takes --json or nothing")
      return configured((config) => doctor(config, rest[0] === "--json"))
    case "aws":
      if (rest[0] === "alarms") return alarms(rest.slice(1))
      if (rest[0] !== "doctor" || rest.length > 2 || (rest[1] ?? "--json") !== "--json")
        return usage("aws takes doctor, and then --json or nothing; or alarms apply")
      return configured((config) => awsDoctor(config, rest[1] === "--json"))
    case "new-root-key":
      return rest.length === 0 ? configured(newRootKey) : usage("new-root-key takes no arguments")
    case "keys":
    case "backup":
    case "restore":
    case "new-backup-key": {
      const asked = keepingCommand(command, rest)
      return "fault" in asked ? usage(asked.fault) : configured(asked.run)
    }
    case "recover-admin": {
      const [username] = rest
      if (username === undefined || rest.length > 1) return usage("recover-admin takes one user name")
      return configured((config) => recover(config, username))
    }
    case "accept-rollback": {
      const reason = rest[0] === "--reason" && rest.length === 2 ? parseReason(rest[1] ?? "") : undefined
      if (reason === undefined) return usage("accept-rollback takes --reason TEXT")
      if (!("reason" in reason)) return usage("the reason must be 10 to 1,000 characters that can be seen")
      return configured((config) => accept(config, reason.reason))
    }
    case "--version":
      return say(versionLines())
    case "--help":
    case "help":
      return say(HELP.trimEnd())
    default:
      return usage(`no such command: ${JSON.stringify(command.slice(0, 40))}`)
  }
}

function usage(fault: string): number {
  process.stderr.write(`tyler-server: ${fault}\n${HELP}`)
  return 2
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

/** Reads the configuration, runs, and turns what stops a start into one clear line. */
async function configured(run: (config: Config) => Promise<number>): Promise<number> {
  process.umask(0o077)
  const parsed = parseConfig(process.env)
  if ("faults" in parsed) {
    for (const fault of parsed.faults) process.stderr.write(`tyler-server: ${fault}\n`)
    return 2
  }
  try {
    return await run(parsed.config)
  } catch (error) {
    if (!(error instanceof StartFault) && !(error instanceof TylerError)) throw error
    process.stderr.write(`tyler-server: ${error.message}\n`)
    return 1
  }
}

/** Exit code 0 or 1, and one line: what a container's health check and a unit's wait for. */
async function health(config: Config, live: boolean): Promise<number> {
  const { healthOf } = await import("./health.ts")
  const { ok, line } = await healthOf(config, live ? "/api/health" : "/api/ready")
  if (ok) return say(line)
  process.stderr.write(`tyler-server: ${line}\n`)
  return 1
}

async function awsDoctor(config: Config, json: boolean): Promise<number> {
  return (await import("./aws-doctor.ts")).awsDoctor(config, json, systemClock, say)
}

async function alarms([verb, ...args]: readonly string[]): Promise<number> {
  const { alarmsAsked, applyAlarms } = await import("./aws-alarms.ts")
  const asked = verb === "apply" ? alarmsAsked(args) : undefined
  if (asked === undefined) return usage("aws alarms takes apply --topic ARN_OF_AN_SNS_TOPIC [--dry-run]")
  const deskAt = async (place: AwsPlace) => (await import("../adapters/aws/alarms.ts")).alarmDesk(place)
  return configured((config) => applyAlarms(config, asked, deskAt, say))
}

/** Each command loads what it needs when it runs: a server holds none of the others for as long as it lives. */
async function offline<T>(config: Config, use: (on: Offline) => Promise<T>): Promise<T> {
  const { offline: run } = await import("./offline.ts")
  return run(config, systemClock, systemRandom, use)
}

async function doctor(config: Config, json: boolean): Promise<number> {
  return (await import("./doctor/doctor.ts")).doctor(config, json, SURROUNDINGS, say)
}

/** The server may be running: nothing of it is touched. */
async function newRootKey({ folders, aws }: Config): Promise<number> {
  if (!existsSync(folders.rootKeyFile) && !aws?.kms)
    throw new StartFault(`There is no root key ${folders.rootKeyFile} to replace`)
  say(`New root key: ${createNextRootKey(folders.rootKeyFile, systemRandom)}`)
  return say("Copy it beside the root key of every other replica, then run: tyler keys rotate-root")
}

function recover(config: Config, username: string): Promise<number> {
  return offline(config, async (on) => {
    const { password } = await on.recoverAdmin(username)
    say(`One-time password: ${password}`)
    return say("Signing in with it asks for a new password first. All earlier sessions have ended. This is on record.")
  })
}

function accept(config: Config, reason: string): Promise<number> {
  return offline(config, async (on) => {
    const { lost } = await on.acceptRollback(reason)
    return say(`Accepted and on record: ${lost}`)
  })
}

/** A report holds the environment and what is on the stacks; NODE_OPTIONS may have asked for them. */
function writeNoReports(): void {
  process.report.reportOnSignal = false
  process.report.reportOnUncaughtException = false
  process.report.reportOnFatalError = false
  // Without a listener the signal would end the process.
  process.on("SIGUSR2", () => undefined)
}

async function serve(config: Config): Promise<number> {
  writeNoReports()
  const stopped = signalled()
  const { start } = await import("./compose.ts")
  const running = await start(config, systemClock, systemRandom)
  process.on("SIGHUP", () => running.reloadTls())
  announce(running, config.folders.setupTokenFile)
  void poolGivesWay()
  onceAtRest(giveMemoryBack, loopShare())
  await stopped
  void signalled().then(() => process.exit(1))
  await running.close()
  // A connection that never ended would keep the process.
  setTimeout(() => process.exit(0), LEFTOVERS_MS).unref()
  return 0
}

const LEFTOVERS_MS = 200

function announce(running: Running, tokenFile: string | null): void {
  for (const warning of running.warnings) process.stderr.write(`tyler-server: ${warning}\n`)
  const lines = [`Tyler Setup ${VERSION} listens on ${running.url}`, `Audit mirror: ${running.mirrorFolder}`]
  if (running.setupToken !== null && tokenFile !== null)
    lines.push(`Setup token: in ${tokenFile}`, `Set up the first admin: ${running.url}/setup`)
  else if (running.setupToken !== null)
    lines.push(
      `Setup token: ${running.setupToken}`,
      `Set up the first admin: ${running.url}/setup#${running.setupToken}`,
    )
  process.stdout.write(`${lines.join("\n")}\n`)
}

/** Resolves at the first SIGTERM or SIGINT. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve())
  })
}
