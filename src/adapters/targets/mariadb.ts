import { createHash } from "node:crypto"
import { connect, isIP } from "node:net"
import { randomText } from "../../core/random.ts"
import { connectionFault, foreignCode, RotationFault } from "../../rotation/fault.ts"
import type { Login, LoginForm } from "../../rotation/login.ts"
import type { By, LoginTarget } from "../../rotation/login-steps.ts"
import { invalid } from "../../rotation/secret-json.ts"
import type { StepContext } from "../../rotation/steps.ts"
import { account, defaultRoleOf, type Grant, grantOf, hasUsualPassword, optionsOf, partsOf } from "./mariadb-words.ts"

const FORM: LoginForm = { engines: ["mariadb"], port: { tls: 3306, plain: 3306 }, nameBytes: 80 }
const CONNECT_MS = 10_000
const STATEMENT_MS = 15_000

type Row = Readonly<Record<string, unknown>>

interface Session extends AsyncDisposable {
  rows(text: string, values?: readonly string[]): Promise<Row[]>
}

/** https://mariadb.com/docs/server/reference/error-codes: 1044, 1045, 1698 access denied; 1524 no such plugin here. */
const REFUSED: ReadonlySet<string> = new Set(["ER_ACCESS_DENIED_ERROR", "ER_ACCESS_DENIED_NO_PASSWORD_ERROR"])
const NOT_PERMITTED: ReadonlySet<string> = new Set([
  "ER_SPECIFIC_ACCESS_DENIED_ERROR",
  "ER_DBACCESS_DENIED_ERROR",
  "ER_TABLEACCESS_DENIED_ERROR",
  "ER_ACCESS_DENIED_ERROR",
  "ER_ACCESS_DENIED_CHANGE_USER_ERROR",
  "ER_CANT_CREATE_USER_WITH_GRANT",
  "ER_KILL_DENIED_ERROR",
])
/** A hash cannot be judged by a password module; with strict_password_validation the server then refuses all hashes. */
const REJECTED: ReadonlySet<string> = new Set([
  "ER_NOT_VALID_PASSWORD",
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_CANNOT_USER",
])

/** @returns undefined where the server does not let this one in */
async function open(login: Login, context: StepContext): Promise<Session | undefined> {
  // mysql2 compares a certificate with a name only: for an address it took one of "localhost" (seen with 3.24.6).
  if (login.tls && isIP(login.host) !== 0) throw invalid("host", "is an address; over TLS it must be a name")
  const { address } = await context.addressOf(login.host)
  if (context.signal.aborted) throw new RotationFault("target_unreachable", { code: "aborted" })
  const { createConnection } = await import("mysql2/promise")
  const socket = connect({ host: address, port: login.port })
  const stop = (): void => void socket.destroy()
  context.signal.addEventListener("abort", stop)
  const closed = (): void => {
    context.signal.removeEventListener("abort", stop)
    stop()
  }
  try {
    const connection = await createConnection({
      stream: socket,
      host: login.host,
      port: login.port,
      user: login.username,
      password: login.password,
      connectTimeout: CONNECT_MS,
      charset: "utf8mb4",
      ...(login.dbname === undefined ? {} : { database: login.dbname }),
      ...(login.tls
        ? {
            ssl: {
              rejectUnauthorized: true,
              verifyIdentity: true,
              ...(login.ca === undefined ? {} : { ca: login.ca }),
            },
          }
        : {}),
    })
    connection.on("error", () => undefined)
    const session: Session = {
      async rows(sql, values = []) {
        try {
          const [rows] = await connection.query({ sql, values: [...values], timeout: STATEMENT_MS })
          return Array.isArray(rows) ? (rows as Row[]) : []
        } catch (error) {
          throw statementFault(error)
        }
      },
      async [Symbol.asyncDispose]() {
        closed()
      },
    }
    await session.rows("set session sql_mode = ''")
    return session
  } catch (error) {
    closed()
    const code = foreignCode(error)
    if (REFUSED.has(code)) return undefined
    if (code.startsWith("ER_") && !code.startsWith("ER_TLS") && !code.startsWith("ER_SSL"))
      throw new RotationFault("target_failed", { code })
    throw connectionFault(error)
  }
}

function statementFault(error: unknown): RotationFault {
  const code = foreignCode(error)
  if (NOT_PERMITTED.has(code)) return new RotationFault("not_permitted", { code })
  if (REJECTED.has(code)) return new RotationFault("password_rejected", { code })
  return code.startsWith("ER_")
    ? new RotationFault("target_failed", { code })
    : new RotationFault("target_unreachable", { code })
}

async function openBy(by: By, context: StepContext): Promise<Session> {
  const session = await open(by.admin ?? by.current, context)
  if (session === undefined) throw new RotationFault(by.admin === undefined ? "current_refused" : "admin_refused")
  return session
}

async function as<T>(by: By, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof RotationFault && error.code === "not_permitted" && by.admin !== undefined)
      throw new RotationFault("admin_not_permitted", error.facts)
    throw error
  }
}

/** What the server keeps. MariaDB 10.11 writes the text of ALTER USER into its general log as it came (seen), so it gets no more. */
function hashOf(password: string): string {
  const once = createHash("sha1").update(password).digest()
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`
}

/** An account is a user at a host; one user may have several. */
async function hostsOf(session: Session, user: string): Promise<readonly string[]> {
  const rows = await session.rows(
    "select Host as host from mysql.user where User = ? and is_role = 'N' order by Host",
    [user],
  )
  return rows.map((row) => String(row["host"]))
}

async function createdAs(session: Session, who: string): Promise<string> {
  const [row] = await session.rows(`show create user ${who}`)
  return String(Object.values(row ?? {})[0])
}

function mustHavePassword(created: string): void {
  if (!hasUsualPassword(created))
    throw new RotationFault("account_unsuitable", { reason: "it does not log in by mysql_native_password alone" })
}

async function proveAdmin(by: By, context: StepContext): Promise<void> {
  await using _ = await openBy(by, context)
}

async function probe(pending: Login, _: Login, context: StepContext): Promise<void> {
  await using session = await open(pending, context)
  if (session === undefined) throw new RotationFault("pending_refused")
  const [row] = await session.rows("select current_user() as name")
  const name = String(row?.["name"])
  if (name.slice(0, name.lastIndexOf("@")) !== pending.username)
    throw new RotationFault("account_unsuitable", { reason: "the login ends up as another user" })
}

async function logsIn(login: Login, context: StepContext): Promise<boolean> {
  await using session = await open(login, context)
  return session !== undefined
}

export const mariadbSingle: LoginTarget = {
  proveAdmin,
  form: FORM,
  logsIn,
  // It says nothing of the accounts at other hosts.
  loginProvesChange: false,
  changeProvesLogin: true,
  probe,

  async change(pending, by, context) {
    await using session = await openBy(by, context)
    const hash = hashOf(pending.password)
    if (by.admin === undefined) {
      mustHavePassword(await createdAs(session, "current_user()"))
      await context.effect("password changed", () => session.rows(`set password = '${hash}'`))
      return
    }
    const hosts = await as(by, () => hostsOf(session, pending.username))
    const accounts = hosts.map((host) => account(pending.username, host))
    for (const one of accounts) mustHavePassword(await as(by, () => createdAs(session, one)))
    for (const one of accounts)
      await context.effect("password changed", () => as(by, () => setHash(session, one, hash)))
  },

  async revoke(previous, by, context) {
    await using session = await openBy(by, context)
    await context.effect("sessions ended", () => as(by, () => endSessions(session, previous.username)))
  },
}

async function setHash(session: Session, who: string, hash: string): Promise<void> {
  await session.rows(`alter user ${who} identified by password '${hash}'`)
}

async function endSessions(session: Session, user: string): Promise<void> {
  const open = await session.rows(
    "select id from information_schema.processlist where user = ? and id <> connection_id()",
    [user],
  )
  for (const { id } of open) {
    try {
      await session.rows(`kill connection ${Number(id)}`)
    } catch (error) {
      // It ended by itself.
      if (!(error instanceof RotationFault) || error.facts.code !== "ER_NO_SUCH_THREAD") throw error
    }
  }
}

export const mariadbTurns: LoginTarget = {
  proveAdmin,
  form: FORM,
  logsIn,
  loginProvesChange: false,
  changeProvesLogin: true,
  probe,

  async change(pending, by, context) {
    await using session = await openBy(by, context)
    const hosts = await as(by, () => hostsOf(session, by.current.username))
    const others = await as(by, () => hostsOf(session, pending.username))
    if (hosts.length === 0) throw new RotationFault("account_unsuitable", { reason: "the current user has no account" })
    if (others.some((host) => !hosts.includes(host)))
      throw new RotationFault("account_unsuitable", {
        reason: "the other user has accounts at hosts where the current one has none",
      })
    for (const host of hosts) mustHavePassword(await createdAs(session, account(by.current.username, host)))
    for (const host of hosts) await makeEqual(session, by, pending, host, context)
    // Every statement commits by itself: the password comes last, when all the rest is done.
    for (const host of hosts) {
      const who = account(pending.username, host)
      await context.effect("password set", () => as(by, () => setHash(session, who, hashOf(pending.password))))
    }
  },

  async revoke(previous, by, context) {
    await using session = await openBy(by, context)
    const nobodys = hashOf(randomText(context.random, 32))
    for (const host of await as(by, () => hostsOf(session, previous.username))) {
      const who = account(previous.username, host)
      await context.effect("password removed", () => as(by, () => setHash(session, who, nobodys)))
    }
    await context.effect("sessions ended", () => as(by, () => endSessions(session, previous.username)))
  },
}

/** Gives the other account the options, rights and roles of the current one, and takes what that one does not have. */
async function makeEqual(session: Session, by: By, pending: Login, host: string, context: StepContext): Promise<void> {
  const from = account(by.current.username, host)
  const to = account(pending.username, host)
  const act = (name: string, sql: string): Promise<unknown> =>
    context.effect(name, () => as(by, () => session.rows(sql)))
  const options = optionsOf(await createdAs(session, from))
  const nobodys = hashOf(randomText(context.random, 32))
  await act("user made", `create user if not exists ${to} identified by password '${nobodys}'`)
  await act("options set", `alter user ${to} ${options === "" ? "require none" : options}`)
  const wanted = await grantsOf(session, by.current.username, host)
  const had = await grantsOf(session, pending.username, host)
  const stale = had.grants.filter((one) => !wanted.grants.some((other) => same(one, other)))
  for (const one of stale) await act("right taken", revokes(one, to))
  for (const { what, passedOn } of wanted.grants)
    await act("right given", `grant ${what} to ${to}${passedOn === undefined ? "" : ` with ${passedOn} option`}`)
  const held = wanted.role === undefined || wanted.grants.some(({ what }) => what === wanted.role)
  if (wanted.role !== had.role && held)
    await act("default role set", `set default role ${wanted.role ?? "none"} for ${to}`)
}

function same(one: Grant, other: Grant): boolean {
  return one.what === other.what && one.passedOn === other.passedOn
}

function revokes({ what, passedOn }: Grant, from: string): string {
  if (passedOn !== "GRANT") return `revoke ${what} from ${from}`
  // What a right is on begins after the last ON that stands outside quotes.
  const { rights, on } = partsOf(what)
  return rights === "USAGE"
    ? `revoke grant option on ${on} from ${from}`
    : `revoke ${rights}, grant option on ${on} from ${from}`
}

async function grantsOf(
  session: Session,
  user: string,
  host: string,
): Promise<{ grants: Grant[]; role: string | undefined }> {
  const lines = (await session.rows(`show grants for ${account(user, host)}`)).map((row) =>
    String(Object.values(row)[0]),
  )
  return {
    grants: lines.map((line) => grantOf(line, user, host)).filter((grant) => grant !== undefined),
    role: lines.map(defaultRoleOf).find((role) => role !== undefined),
  }
}
