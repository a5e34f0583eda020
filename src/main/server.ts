import { systemClock } from "../core/clock.ts"
import { systemRandom } from "../core/random.ts"
import { StartFault } from "../core/start-fault.ts"
import { start } from "./compose.ts"
import { parseConfig } from "./config.ts"
import { VERSION } from "./version.ts"

const HELP = `tyler-server: the server side of Tyler Setup, on the server's machine

  tyler-server serve      start the server (configuration: environment variables, see docs/configuration.md)
  tyler-server --version
  tyler-server --help
`

/** @returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [command = "--help"] = argv
  switch (command) {
    case "serve":
      return serve()
    case "--version":
      process.stdout.write(`${VERSION}\n`)
      return 0
    case "--help":
    case "help":
      process.stdout.write(HELP)
      return 0
    default:
      process.stderr.write(`tyler-server: no such command: ${JSON.stringify(command.slice(0, 40))}\n${HELP}`)
      return 2
  }
}

async function serve(): Promise<number> {
  process.umask(0o077)
  const parsed = parseConfig(process.env)
  if ("faults" in parsed) {
    for (const fault of parsed.faults) process.stderr.write(`tyler-server: ${fault}\n`)
    return 2
  }
  const stopped = signalled()
  try {
    const running = await start(parsed.config, systemClock, systemRandom)
    announce(running)
    await stopped
    await running.close()
    return 0
  } catch (error) {
    if (!(error instanceof StartFault)) throw error
    process.stderr.write(`tyler-server: ${error.message}\n`)
    return 1
  }
}

function announce(running: Awaited<ReturnType<typeof start>>): void {
  for (const warning of running.warnings) process.stderr.write(`tyler-server: ${warning}\n`)
  const lines = [`Tyler Setup ${VERSION} listens on ${running.url}`, `Audit mirror: ${running.mirrorFolder}`]
  if (running.setupToken !== null)
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
