import { spawn } from "node:child_process"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { Client as Postgres } from "pg"
import type { Cluster } from "../kit/postgres-cluster.ts"
import { commandLine } from "./kit.ts"
import { COMPILED } from "../kit/compiled.ts"

export interface Login {
  readonly username: string
  readonly password: string
}

/** The form of a secret of a user of that cluster. */
export function loginOf(
  cluster: Pick<Cluster, "port">,
  { username, password }: Login,
): Record<string, unknown> & Login {
  const place = { engine: "postgres", host: "127.0.0.1", port: cluster.port, dbname: "postgres", ssl: false }
  return { ...place, username, password }
}

export async function logsIn({ port }: Pick<Cluster, "port">, { username, password }: Login): Promise<boolean> {
  const client = new Postgres({ host: "127.0.0.1", port, database: "postgres", user: username, password })
  client.on("error", () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Answers at one port with what answers at another: a target that has come up. */
export async function forwards(from: number, to: number): Promise<AsyncDisposable> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const other = connect(to, "127.0.0.1")
    for (const one of [socket, other]) {
      open.add(one)
      one.on("error", () => undefined)
    }
    socket.pipe(other).pipe(socket)
  }).listen(from, "127.0.0.1")
  await once(server, "listening")
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
}

export interface Running {
  /** Waits until this has been said on standard error. */
  says(pattern: RegExp): Promise<void>
  interrupt(): void
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

/** Runs `tyler ARGS` and lets the test do something meanwhile. */
export function runs(args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const [command = "", ...rest] = commandLine(args)
  const child = spawn(command, rest, {
    env: { PATH: process.env["PATH"], ...COMPILED, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let out = ""
  let err = ""
  child.stdout.on("data", (piece: Buffer) => (out += piece.toString()))
  child.stderr.on("data", (piece: Buffer) => (err += piece.toString()))
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, out, err }))
  })
  return {
    ended,
    interrupt: () => child.kill("SIGINT"),
    async says(pattern) {
      const stops = ended.then(({ code }) => Promise.reject(new Error(`ended with ${code}: ${err}`)))
      stops.catch(() => undefined)
      const said = new Promise<void>((resolve) => {
        const look = (): void => {
          if (pattern.test(err)) resolve()
        }
        child.stderr.on("data", look)
        look()
      })
      await Promise.race([said, stops])
    },
  }
}
