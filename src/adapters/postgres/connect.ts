import { Client, types } from "pg"
import { TylerError } from "../../core/errors.ts"
import { withIamToken } from "./iam-token.ts"

/** How long things may take, in milliseconds. */
export interface Patience {
  /** Until a connection stands. */
  readonly connectMs: number
  /** One statement, by the server's clock; a lock is waited for at most as long. */
  readonly statementMs: number
  /** One statement, by our clock: also holds when the server hangs. */
  readonly answerMs: number
}

/** From a server that hangs a caller hears 503 within about 7 seconds (measured): a read waits, then its refusal's entry. */
export const PATIENCE: Patience = { connectMs: 2000, statementMs: 2500, answerMs: 3000 }

const INT8 = 20
const builtIn = types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new TylerError("unavailable", { cause: "corrupt" }, "an integer beyond 2^53")
  return value
}

const PARSERS = {
  getTypeParser: ((oid: number, format?: string) =>
    oid === INT8 ? safeInteger : builtIn(oid, format)) as typeof types.getTypeParser,
}

export interface Connecting {
  readonly url: string
  readonly patience?: Patience
  /** Seen in pg_stat_activity. */
  readonly name: string
  /** Several statements under way at once, answered in order. Only for statements that stand alone. */
  readonly pipeline?: boolean
}

/** Opens one connection. Rejects with whatever `pg` says; callers map it by `asFault`. */
export async function connect(to: Connecting): Promise<Client> {
  const patience = to.patience ?? PATIENCE
  const config = {
    connectionString: await withIamToken(to.url),
    application_name: to.name,
    types: PARSERS,
    keepAlive: true,
    connectionTimeoutMillis: patience.connectMs,
    query_timeout: patience.answerMs,
    statement_timeout: patience.statementMs,
    lock_timeout: patience.statementMs,
    // A replica that dies without closing its connection frees the head row after this.
    idle_in_transaction_session_timeout: patience.answerMs,
    pipeline: to.pipeline ?? false,
  }
  const client = new Client(config)
  // Without a listener an idle connection's end would be an uncaught exception; queries under way reject by themselves.
  client.on("error", () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    drop(client)
    throw error
  }
}

/** Ends a connection without waiting for it; one with a statement under way is cut. */
export function drop(client: Client): void {
  client.end().catch(() => undefined)
}
