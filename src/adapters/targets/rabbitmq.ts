import { createHash } from "node:crypto"
import { type Random, randomText } from "../../core/random.ts"
import { RotationFault } from "../../rotation/fault.ts"
import type { Login, LoginForm } from "../../rotation/login.ts"
import type { By, LoginTarget } from "../../rotation/login-steps.ts"
import { optionalTextIn, portIn } from "../../rotation/secret-json.ts"
import type { StepContext } from "../../rotation/steps.ts"
import { amqpLogin } from "./amqp-login.ts"
import { type Answer, exchange, jsonOf, statusFault } from "./exchange.ts"

const FORM: LoginForm = { engines: ["rabbitmq"], port: { tls: 5671, plain: 5672 }, nameBytes: 255 }

function vhostOf(login: Login): string {
  return optionalTextIn(login.all, "vhost", 255) ?? "/"
}

/** The management API (https://www.rabbitmq.com/docs/management), as an administrator. */
class Management {
  readonly #by: By
  readonly #admin: Login
  readonly #context: StepContext

  constructor(by: By, context: StepContext) {
    if (by.admin === undefined) throw new RotationFault("admin_missing")
    this.#by = by
    this.#admin = by.admin
    this.#context = context
  }

  async get(...path: readonly string[]): Promise<unknown> {
    return jsonOf(await this.#ask("GET", path))
  }

  async put(body: object, ...path: readonly string[]): Promise<void> {
    await this.#ask("PUT", path, body)
  }

  async delete(...path: readonly string[]): Promise<void> {
    await this.#ask("DELETE", path)
  }

  async has(...path: readonly string[]): Promise<boolean> {
    return (await this.#send("GET", path)).status !== 404
  }

  async #ask(method: string, path: readonly string[], body?: object): Promise<Answer> {
    const answer = await this.#send(method, path, body)
    const { status } = answer
    if (status >= 200 && status < 300) return answer
    if (status === 404 && method === "DELETE") return answer
    // 401 is said to a wrong password and to a good user without the tag administrator alike.
    const known = status === 401 && (await this.#send("GET", ["whoami"])).status === 200
    if (status === 401 && !known) throw new RotationFault("admin_refused")
    if (status === 401 || status === 403) throw new RotationFault("admin_not_permitted")
    throw statusFault(status)
  }

  #send(method: string, path: readonly string[], body?: object): Promise<Answer> {
    const { tls, host, ca } = this.#by.current
    const port = portIn(this.#by.current.all, "managementPort", tls ? 15_671 : 15_672)
    const place = host.includes(":") ? `[${host}]` : host
    const url = new URL(`${tls ? "https" : "http"}://${place}:${port}/api/${path.map(encodeURIComponent).join("/")}`)
    const basic = Buffer.from(`${this.#admin.username}:${this.#admin.password}`).toString("base64")
    const headers = { authorization: `Basic ${basic}`, "content-type": "application/json" }
    return exchange(
      { method, url, headers, body: body === undefined ? undefined : JSON.stringify(body), ca },
      this.#context,
    )
  }
}

/** What the broker keeps (https://www.rabbitmq.com/docs/passwords#computing-password-hash). */
function hashOf(password: string, random: Random): string {
  const salt = random.bytes(4)
  return Buffer.concat([salt, createHash("sha256").update(salt).update(password).digest()]).toString("base64")
}

/** PUT replaces the whole record, so tags go with it. */
async function putUser(api: Management, name: string, tags: unknown, hash: string): Promise<void> {
  await api.put({ tags, password_hash: hash, hashing_algorithm: "rabbit_password_hashing_sha256" }, "users", name)
}

async function tagsOf(api: Management, name: string): Promise<unknown> {
  if (!(await api.has("users", name)))
    throw new RotationFault("account_unsuitable", { reason: "the broker has no such user" })
  const { tags = [] } = (await api.get("users", name)) as { tags?: unknown }
  return tags
}

/** By user first, for the list is of statistics and some seconds old; then what the list has, for brokers without the first. */
async function endSessions(api: Management, name: string): Promise<void> {
  await api.delete("connections", "username", name)
  const open = (await api.get("connections")) as { name: string; user: string }[]
  for (const connection of open) if (connection.user === name) await api.delete("connections", connection.name)
}

async function proveAdmin(by: By, context: StepContext): Promise<void> {
  await new Management(by, context).get("users", by.current.username)
}

async function probe(pending: Login, _: Login, context: StepContext): Promise<void> {
  if (!(await amqpLogin(pending, vhostOf(pending), context))) throw new RotationFault("pending_refused")
}

const logsIn = (login: Login, context: StepContext): Promise<boolean> => amqpLogin(login, vhostOf(login), context)

export const rabbitSingle: LoginTarget = {
  form: FORM,
  logsIn,
  loginProvesChange: true,
  changeProvesLogin: false,
  probe,
  proveAdmin,

  async change(pending, by, context) {
    const api = new Management(by, context)
    const tags = await tagsOf(api, pending.username)
    const hash = hashOf(pending.password, context.random)
    await context.effect("password changed", () => putUser(api, pending.username, tags, hash))
  },

  async revoke(previous, by, context) {
    const api = new Management(by, context)
    await context.effect("sessions ended", () => endSessions(api, previous.username))
  },
}

type Permission = Readonly<Record<string, string>>

export const rabbitTurns: LoginTarget = {
  form: FORM,
  logsIn,
  // The password comes last of all.
  loginProvesChange: true,
  changeProvesLogin: false,
  probe,
  proveAdmin,

  async change(pending, by, context) {
    const api = new Management(by, context)
    const [from, to] = [by.current.username, pending.username]
    const tags = await tagsOf(api, from)
    if (!(await api.has("users", to))) {
      const nobodys = hashOf(randomText(context.random, 32), context.random)
      await context.effect("user made", () => putUser(api, to, [], nobodys))
    }
    for (const kind of ["permissions", "topic-permissions"] as const) await makeEqual(api, kind, from, to, context)
    await copyLimits(api, from, to, context)
    const hash = hashOf(pending.password, context.random)
    await context.effect("password set", () => putUser(api, to, tags, hash))
  },

  async revoke(previous, by, context) {
    const api = new Management(by, context)
    const tags = await tagsOf(api, previous.username)
    const nobodys = hashOf(randomText(context.random, 32), context.random)
    await context.effect("password removed", () => putUser(api, previous.username, tags, nobodys))
    await context.effect("sessions ended", () => endSessions(api, previous.username))
  },
}

async function makeEqual(
  api: Management,
  kind: "permissions" | "topic-permissions",
  from: string,
  to: string,
  context: StepContext,
): Promise<void> {
  const wanted = (await api.get("users", from, kind)) as Permission[]
  const had = (await api.get("users", to, kind)) as Permission[]
  const vhosts = new Set(wanted.map(({ vhost }) => vhost))
  for (const { vhost = "" } of had)
    if (!vhosts.has(vhost)) await context.effect("right taken", () => api.delete(kind, vhost, to))
  for (const { vhost = "", user: _, ...rights } of wanted)
    await context.effect("right given", () => api.put(rights, kind, vhost, to))
}

async function copyLimits(api: Management, from: string, to: string, context: StepContext): Promise<void> {
  const [wanted] = (await api.get("user-limits", from)) as { value?: Readonly<Record<string, number>> }[]
  for (const [name, value] of Object.entries(wanted?.value ?? {}))
    await context.effect("limit set", () => api.put({ value }, "user-limits", to, name))
}
