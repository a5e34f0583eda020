import { RotationFault } from "../../rotation/fault.ts"
import type { Login, LoginForm } from "../../rotation/login.ts"
import type { By, LoginTarget } from "../../rotation/login-steps.ts"
import type { StepContext } from "../../rotation/steps.ts"
import { identifier, literal, openSession, type Session } from "./postgres-session.ts"
import { scramVerifier } from "./scram.ts"

const FORM: LoginForm = {
  engines: ["postgres", "aurora-postgresql"],
  port: { tls: 5432, plain: 5432 },
  // NAMEDATALEN - 1: the server would cut the rest off and mean another role.
  nameBytes: 63,
}

async function logsIn(login: Login, context: StepContext): Promise<boolean> {
  await using session = await openSession(login, context)
  return session !== undefined
}

async function openAs(login: Login, whose: "admin" | "user", context: StepContext): Promise<Session> {
  const session = await openSession(login, context)
  if (session === undefined) throw new RotationFault(whose === "admin" ? "admin_refused" : "current_refused")
  return session
}

function openBy(by: By, context: StepContext): Promise<Session> {
  return by.admin === undefined ? openAs(by.current, "user", context) : openAs(by.admin, "admin", context)
}

/** An older server would take the verifier for a password. */
async function mustKeepVerifiers(session: Session): Promise<void> {
  const [row] = await session.rows<{ version: number }>("select current_setting('server_version_num')::int as version")
  if ((row?.version ?? 0) < 100_000)
    throw new RotationFault("account_unsuitable", { reason: "PostgreSQL before version 10" })
}

function permitted(by: By): <T>(act: () => Promise<T>) => Promise<T> {
  return async (act) => {
    try {
      return await act()
    } catch (error) {
      if (error instanceof RotationFault && error.code === "not_permitted" && by.admin !== undefined)
        throw new RotationFault("admin_not_permitted", error.facts)
      throw error
    }
  }
}

async function proveAdmin(by: By, context: StepContext): Promise<void> {
  await using _ = await openBy(by, context)
}

async function probe(pending: Login, _: Login, context: StepContext): Promise<void> {
  await using session = await openSession(pending, context)
  if (session === undefined) throw new RotationFault("pending_refused")
  await session.rows("select count(*) from pg_catalog.pg_class where relname = 'pg_class'")
}

export const postgresSingle: LoginTarget = {
  form: FORM,
  logsIn,
  loginProvesChange: true,
  changeProvesLogin: true,
  probe,
  proveAdmin,

  async change(pending, by, context) {
    await using session = await openBy(by, context)
    await mustKeepVerifiers(session)
    const verifier = await scramVerifier(pending.password, context.random)
    const statement = `alter role ${identifier(pending.username)} password ${literal(verifier)}`
    await context.effect("password changed", () => permitted(by)(() => session.rows(statement)))
  },

  /** The password died with the change; what was opened with it may still be open. */
  async revoke(previous, by, context) {
    await using session = await openBy(by, context)
    await context.effect("sessions ended", () => permitted(by)(() => endSessions(session, previous.username)))
  },
}

/** The user itself may, its own being these; an administrator that is no superuser needs to be a member of pg_signal_backend. */
async function endSessions(session: Session, username: string): Promise<void> {
  await session.rows(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()",
    [username],
  )
}

/**
 * Both names act as one role: every login of the clone becomes the first role at once (`SET role`), so its rights are the
 * same by construction and what it makes belongs to the first role. Made in one transaction.
 */
export const postgresTurns: LoginTarget = {
  form: FORM,
  logsIn,
  loginProvesChange: true,
  changeProvesLogin: true,
  proveAdmin,

  async probe(pending, current, context) {
    await probe(pending, current, context)
    const acting = await actingAs(pending, context, "pending_refused")
    if (acting !== (await actingAs(current, context, "current_refused")))
      throw new RotationFault("account_unsuitable", { reason: "the two names act as different roles" })
  },

  async change(pending, by, context) {
    await using session = await openBy(by, context)
    await mustKeepVerifiers(session)
    const verifier = await scramVerifier(pending.password, context.random)
    const from = await roleOf(session, by.current.username)
    if (from === undefined) throw new RotationFault("account_unsuitable", { reason: "the current user is no role" })
    const exists = (await roleOf(session, pending.username)) !== undefined
    if (exists) await mustBePair(session, from.name, pending.username)
    const statements = exists
      ? [`alter role ${identifier(pending.username)} login password ${literal(verifier)}`]
      : await cloneStatements(session, from, pending.username, verifier)
    // One message without parameters is one transaction.
    await context.effect("user set", () => permitted(by)(() => session.rows(statements.join(";\n"))))
  },

  async revoke(previous, by, context) {
    await using session = await openBy(by, context)
    const statement = `alter role ${identifier(previous.username)} password null`
    await context.effect("password removed", () => permitted(by)(() => session.rows(statement)))
    await context.effect("sessions ended", () => permitted(by)(() => endSessions(session, previous.username)))
  },
}

async function actingAs(
  login: Login,
  context: StepContext,
  refused: "pending_refused" | "current_refused",
): Promise<string> {
  await using session = await openSession(login, context)
  if (session === undefined) throw new RotationFault(refused)
  const [row] = await session.rows<{ name: string }>("select current_user::text as name")
  return row?.name ?? ""
}

/** Somebody else's role may happen to have the other name. */
async function mustBePair(session: Session, one: string, other: string): Promise<void> {
  const [row] = await session.rows<{ pair: boolean }>(
    "select pg_has_role($1::name, $2::name, 'member') or pg_has_role($2::name, $1::name, 'member') as pair",
    [one, other],
  )
  if (row?.pair !== true)
    throw new RotationFault("account_unsuitable", { reason: "a role of the other name is there and is not its pair" })
}

interface Role {
  readonly name: string
  readonly special: boolean
  readonly limit: number
  readonly until: string | null
}

async function roleOf(session: Session, name: string): Promise<Role | undefined> {
  const [row] = await session.rows<Role>(
    `select rolname::text as name, rolsuper or rolreplication as special, rolconnlimit as limit,
            to_char(rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"') as until
     from pg_catalog.pg_roles where rolname = $1`,
    [name],
  )
  return row
}

interface Setting {
  readonly database: string | null
  readonly name: string
  readonly value: string
}

async function cloneStatements(session: Session, from: Role, clone: string, verifier: string): Promise<string[]> {
  if (from.special)
    throw new RotationFault("account_unsuitable", { reason: "superusers and replication users take no turns" })
  const [original, copy] = [identifier(from.name), identifier(clone)]
  const until = from.until === null ? "" : ` valid until ${literal(from.until)}`
  const settings = await session.rows<Setting>(
    `select d.datname::text as database, split_part(item, '=', 1) as name, substr(item, strpos(item, '=') + 1) as value
     from pg_catalog.pg_db_role_setting s
     left join pg_catalog.pg_database d on d.oid = s.setdatabase
     cross join unnest(s.setconfig) as item
     where s.setrole = (select oid from pg_catalog.pg_roles where rolname = $1)`,
    [from.name],
  )
  const ownRole = settings.some(({ database, name }) => database === null && name === "role")
  return [
    `create role ${copy} login connection limit ${from.limit}${until} password ${literal(verifier)}`,
    `grant ${original} to ${copy}`,
    ...(ownRole ? [] : [`alter role ${copy} set role to ${literal(from.name)}`]),
    ...settings.map(
      ({ database, name, value }) =>
        `alter role ${copy} ${database === null ? "" : `in database ${identifier(database)} `}set ${settingName(name)} to ${settingValue(name, value)}`,
    ),
  ]
}

/** `app.tenant` is two names. */
function settingName(name: string): string {
  return name.split(".").map(identifier).join(".")
}

/** Lists that the server keeps as one text (GUC_LIST_QUOTE in guc_tables.c): set as one text they would be one name. */
const LISTS: ReadonlySet<string> = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "temp_tablespaces",
])

/** Whoever may log in as the user chose these; they run as the administrator, so nothing goes through unquoted. */
function settingValue(name: string, value: string): string {
  if (!LISTS.has(name)) return literal(value)
  const names = Array.from(value.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g), ([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "").toLowerCase() : quoted.replaceAll('""', '"'),
  )
  return names.length === 0 ? literal("") : names.map(literal).join(", ")
}
