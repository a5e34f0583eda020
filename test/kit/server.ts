import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Clock, systemClock } from "../../src/core/clock.ts"
import { type Random, systemRandom } from "../../src/core/random.ts"
import type { PasswordCost } from "../../src/identity/password.ts"
import { type Running, start } from "../../src/main/compose.ts"
import { parseConfig } from "../../src/main/config.ts"
import { type Client, clientOf } from "./client.ts"
import { dropDatabase, engineEnvironment } from "./engine.ts"

export interface ServerOptions {
  /** Over what tests are started with; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
  readonly random?: Random
  /** Undefined: next to none, for half of what tests did was to hash the same few passwords. */
  readonly passwordCost?: PasswordCost
  /** A folder that outlives the server (a second start finds the first one's data); the caller removes it. */
  readonly folder?: string
}

/** The real server, inside this process, on a free port and on this run's engine. */
export interface TestServer {
  /** By address, `http://127.0.0.1:PORT`. */
  readonly url: string
  /** As the server calls itself: `http://localhost:PORT`. */
  readonly publicUrl: string
  readonly port: number
  readonly folder: string
  readonly dataFolder: string
  readonly mirrorFolder: string
  /** Null once an admin exists. */
  readonly setupToken: string | null
  readonly anonymous: Client
  /** One round of what happens by itself. */
  runJobs(): Promise<void>
  close(): Promise<void>
}

const LITTLE: PasswordCost = { memory: 64, passes: 1 }

/** No rate and no daily limits unless a test asks for them: a test's own reads must not run into them. */
const UNLIMITED = { SECRETS_RATE_LIMIT_MAX: "1000000000", MAX_SECRET_ACCESS_PER_USER: "1000000000" }

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const folder = options.folder ?? temporaryFolder()
  const remove = async (): Promise<void> => {
    if (options.folder !== undefined) return
    rmSync(folder, { recursive: true, force: true })
    await dropDatabase(folder)
  }
  try {
    const env = serverEnvironment(folder, { ...(await engineEnvironment(folder)), ...options.env })
    const parsed = parseConfig(env)
    if ("faults" in parsed) throw new Error(parsed.faults.join("\n"))
    const running = await start(
      parsed.config,
      options.clock ?? systemClock,
      options.random ?? systemRandom,
      options.passwordCost ?? LITTLE,
    )
    return serverOf(running, folder, remove)
  } catch (error) {
    await remove()
    throw error
  }
}

/** What both kinds of server are started with: a folder of their own, a free port, and quiet. */
export function serverEnvironment(folder: string, env: ServerOptions["env"] = {}): Record<string, string> {
  const all = { TYLER_DATA_DIR: join(folder, "data"), PORT: "0", LOG_LEVEL: "fatal", ...UNLIMITED, ...env }
  return Object.fromEntries(Object.entries(all).filter((one): one is [string, string] => one[1] !== undefined))
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "tyler-test-"))
}

function serverOf(running: Running, folder: string, remove: () => Promise<void>): TestServer {
  const { protocol } = new URL(running.url)
  const { port } = running
  const url = `${protocol}//127.0.0.1:${port}`
  let closing: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    try {
      await running.close()
    } finally {
      await remove()
    }
  }
  return {
    url,
    publicUrl: running.url,
    port,
    folder,
    dataFolder: join(folder, "data"),
    mirrorFolder: running.mirrorFolder,
    setupToken: running.setupToken,
    anonymous: clientOf(url, null),
    runJobs: () => running.runJobs(),
    close() {
      closing ??= stop()
      return closing
    },
  }
}
