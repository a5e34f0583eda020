import { createHash } from "node:crypto"
import { RotationFault } from "../../rotation/fault.ts"
import type { Login } from "../../rotation/login.ts"
import type { By, LoginTarget } from "../../rotation/login-steps.ts"
import { invalid, optionalTextIn } from "../../rotation/secret-json.ts"
import type { StepContext } from "../../rotation/steps.ts"
import { RedisError, RedisSession, type Reply } from "./resp.ts"

/** What Redis keeps: unsalted, so only long random passwords may be hidden by it (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/). */
function hashOf(password: string): string {
  return createHash("sha256").update(password).digest("hex")
}

const NODES = 64

/** Every node keeps its own list of users; replicas and sentinels are not told. `nodes`: `["host:port", …]` beside `host`. */
function nodesOf(login: Login): readonly Login[] {
  const { nodes = [] } = login.all
  if (!Array.isArray(nodes) || nodes.length > NODES) throw invalid("nodes", `is no list of at most ${NODES}`)
  return [login, ...nodes.map((node) => nodeOf(login, node))]
}

function nodeOf(login: Login, node: unknown): Login {
  const found = typeof node === "string" ? /^([A-Za-z0-9._-]{1,253}):([1-9][0-9]{0,4})$/.exec(node) : null
  if (found === null || Number(found[2]) > 65_535) throw invalid("nodes", "has an item that is not host:port")
  return { ...login, host: found[1] ?? "", port: Number(found[2]) }
}

async function logsInAt(node: Login, context: StepContext): Promise<boolean> {
  await using session = await RedisSession.connect(node, context)
  return await enter(session, node)
}

async function enter(session: RedisSession, login: Login): Promise<boolean> {
  const answer = await session.ask("AUTH", login.username, login.password)
  if (answer === "OK") return true
  if (answer instanceof RedisError && answer.word === "WRONGPASS") return false
  throw faultOf(answer, "target_failed")
}

function faultOf(answer: Reply, otherwise: "target_failed" | "account_unsuitable"): RotationFault {
  const code = answer instanceof RedisError ? answer.word : "unexpected"
  return code === "NOPERM" ? new RotationFault("not_permitted", { code }) : new RotationFault(otherwise, { code })
}

async function openAs(node: Login, by: By, context: StepContext): Promise<RedisSession> {
  const who = by.admin === undefined ? by.current : { ...by.admin, host: node.host, port: node.port }
  const session = await RedisSession.connect(node, context)
  if (await enter(session, who)) return session
  await session[Symbol.asyncDispose]()
  throw new RotationFault(by.admin === undefined ? "current_refused" : "admin_refused")
}

async function must(session: RedisSession, by: By, ...words: readonly string[]): Promise<Reply> {
  const answer = await session.ask(...words)
  if (!(answer instanceof RedisError)) return answer
  const fault = faultOf(answer, "target_failed")
  throw fault.code === "not_permitted" && by.admin !== undefined
    ? new RotationFault("admin_not_permitted", fault.facts)
    : fault
}

/** Array.isArray knows no readonly arrays. */
function isList(reply: Reply | undefined): reply is readonly Reply[] {
  return Array.isArray(reply)
}

/** Of the answer to ACL GETUSER, a flat list of names and values. */
function member(answer: Reply, name: string): readonly Reply[] {
  if (!isList(answer)) throw new RotationFault("account_unsuitable", { reason: "the server has no such user" })
  const at = answer.indexOf(name)
  const value = at < 0 ? undefined : answer[at + 1]
  return isList(value) ? value : []
}

/** Leaves exactly these passwords, then writes them down. */
async function keepOnly(
  keep: readonly string[],
  username: string,
  session: RedisSession,
  by: By,
  context: StepContext,
): Promise<void> {
  const user = await must(session, by, "ACL", "GETUSER", username)
  if (member(user, "flags").includes("nopass")) throw new RotationFault("no_password_asked")
  const passwords = member(user, "passwords").map(String)
  const add = keep.filter((hash) => !passwords.includes(hash)).map((hash) => `#${hash}`)
  const drop = passwords.filter((hash) => !keep.includes(hash)).map((hash) => `!${hash}`)
  if (add.length + drop.length > 0)
    await context.effect("passwords set", () => must(session, by, "ACL", "SETUSER", username, ...add, ...drop))
  await context.effect("passwords kept", () => persist(session, by))
}

/** @throws RotationFault `account_unsuitable` where a restart would bring the old passwords back */
async function persist(session: RedisSession, by: By): Promise<void> {
  const saved = await session.ask("ACL", "SAVE")
  if (saved === "OK") return
  // No ACL file: the users stand in the server's configuration file.
  const written = await session.ask("CONFIG", "REWRITE")
  if (written === "OK") return
  const words = [saved, written].map((answer) => (answer instanceof RedisError ? answer.word : ""))
  if (words.includes("NOPERM"))
    throw new RotationFault(by.admin === undefined ? "not_permitted" : "admin_not_permitted")
  throw new RotationFault("account_unsuitable", {
    reason: "the server has neither ACL file nor configuration file to keep it in",
  })
}

async function everywhere(login: Login, act: (node: Login) => Promise<void>): Promise<void> {
  for (const node of nodesOf(login)) await act(node)
}

export const redis: LoginTarget = {
  form: { engines: ["redis", "valkey"], port: { tls: 6379, plain: 6379 }, nameBytes: 255 },
  // A login says nothing of the other nodes, nor of whether a restart would forget it.
  loginProvesChange: false,
  changeProvesLogin: false,

  async logsIn(login, context) {
    for (const node of nodesOf(login)) if (!(await logsInAt(node, context))) return false
    return true
  },

  proveAdmin: (by, context) =>
    everywhere(by.current, async (node) => {
      await using _ = await openAs(node, by, context)
    }),

  /** Both passwords are good from here to the next rotation; the one before goes. */
  async change(pending, by, context) {
    const keep = [hashOf(by.current.password), hashOf(pending.password)]
    await everywhere(pending, async (node) => {
      await using session = await openAs(node, by, context)
      await keepOnly(keep, pending.username, session, by, context)
    })
  },

  async probe(pending, _, context) {
    await everywhere(pending, async (node) => {
      await using session = await RedisSession.connect(node, context)
      if (!(await enter(session, node))) throw new RotationFault("pending_refused")
      const key = optionalTextIn(pending.all, "probeKey", 512)
      const answer = await (key === undefined ? session.ask("ACL", "WHOAMI") : session.ask("EXISTS", key))
      // Users need no rights to the commands of administrators; to the key that the secret names they do.
      if (answer instanceof RedisError && (key !== undefined || answer.word !== "NOPERM"))
        throw faultOf(answer, "account_unsuitable")
    })
  },

  async revoke(previous, by, context) {
    await everywhere(by.current, async (node) => {
      await using session = await openAs(node, by, context)
      await keepOnly([hashOf(by.current.password)], previous.username, session, by, context)
      await context.effect("sessions ended", () => must(session, by, "CLIENT", "KILL", "USER", previous.username))
    })
  },
}
