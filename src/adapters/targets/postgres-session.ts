import { isIP, Socket } from "node:net"
import type { Client, QueryResultRow } from "pg"
import { connectionFault, foreignCode, RotationFault } from "../../rotation/fault.ts"
import type { Login } from "../../rotation/login.ts"
import type { StepContext } from "../../rotation/steps.ts"

export const CONNECT_MS = 10_000
export const STATEMENT_MS = 15_000

/** A connection of its own, straight to the server that the secret names. */
export interface Session extends AsyncDisposable {
  rows<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: wrong password; no such user here, or pg_hba.conf says no. */
const REFUSED: ReadonlySet<string> = new Set(["28P01", "28000"])

/**
 * @returns undefined where the server does not let this one in
 * @throws RotationFault `no_password_asked`: under `trust` or a client certificate any password "works"
 */
export async function openSession(login: Login, context: StepContext): Promise<Session | undefined> {
  const { address } = await context.addressOf(login.host)
  const { Client: PgClient } = (await import("pg")).default
  let asked = false
  const socket = new Socket()
  const client = new PgClient({
    stream: () => socket,
    host: address,
    port: login.port,
    user: login.username,
    password: () => {
      asked = true
      return login.password
    },
    database: login.dbname ?? "postgres",
    ssl: login.tls ? tlsOf(login) : false,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + 1000,
    application_name: "tyler-rotation",
  })
  client.on("error", () => undefined)
  // The driver's own end() waits for a server that may never answer.
  const stop = (): void => void socket.destroy()
  context.signal.addEventListener("abort", stop)
  const closed = (): void => context.signal.removeEventListener("abort", stop)
  try {
    context.signal.throwIfAborted()
    await client.connect()
  } catch (error) {
    closed()
    stop()
    if (REFUSED.has(foreignCode(error))) return undefined
    throw pgConnectionFault(error)
  }
  const session = sessionOf(client, closed)
  if (asked) return session
  await session[Symbol.asyncDispose]()
  throw new RotationFault("no_password_asked")
}

function tlsOf({ ca, host }: Login): object {
  return {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
  }
}

function sessionOf(client: Client, closed: () => void): Session {
  return {
    async rows<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      try {
        return (await client.query<Row>(text, [...values])).rows
      } catch (error) {
        throw statementFault(error)
      }
    },
    async [Symbol.asyncDispose]() {
      closed()
      await client.end().catch(() => undefined)
    },
  }
}

/** Of the driver's messages two have no code. */
function pgConnectionFault(error: unknown): RotationFault {
  if (error instanceof Error && error.message.includes("does not support SSL")) return new RotationFault("tls_failed")
  const code = foreignCode(error)
  // Classes of SQLSTATE: the server answered, and not about the password.
  if (/^(?:3D|42|53|55|57)[0-9A-Z]{3}$/.test(code)) return new RotationFault("target_failed", { code })
  return connectionFault(error)
}

/** 42501 insufficient privilege; 22023 is what check modules of passwords raise. */
function statementFault(error: unknown): RotationFault {
  const code = foreignCode(error)
  if (code === "42501") return new RotationFault("not_permitted", { code })
  if (code === "22023" || code === "28P01") return new RotationFault("password_rejected", { code })
  if (code === "unknown" || !/^[0-9A-Z]{5}$/.test(code)) return new RotationFault("target_unreachable", { code })
  return new RotationFault("target_failed", { code })
}

/** As an SQL identifier. PostgreSQL cuts at 63 bytes; the secret's parser refuses what is longer. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** As an SQL string: what has a backslash must not hang on standard_conforming_strings. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return quoted.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted
}
