import type { Json } from "../../core/json.ts"
import { RotationFault } from "../../rotation/fault.ts"
import {
  invalid,
  isObject,
  type JsonObject,
  objectOf,
  optionalTextIn,
  textIn,
  tlsIn,
} from "../../rotation/secret-json.ts"
import type { Held, StepContext, Steps } from "../../rotation/steps.ts"
import { type Answer, type Call, exchange, jsonOf, mustBeListed, pointed, statusFault, urlIn } from "./exchange.ts"

/** A request as the secret describes it; `{{name}}` in headers and body stands for a value. */
interface Request {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json | undefined
}

/** With JSON pointers (RFC 6901) into its answer. */
type Described<Pointer extends string> = Request & Readonly<Record<Pointer, string>>

interface Api {
  readonly all: JsonObject
  readonly apiKey: string
  readonly keyId: string
  readonly tls: boolean
  readonly ca: string | undefined
  readonly create: Described<"id" | "secret">
  readonly list: Described<"items" | "id" | "name">
  readonly test: Request
  readonly revoke: Request
}

/** What `{{…}}` may stand for. `apiKey` in `test` is the key under test, elsewhere one that is known to be good. */
type Values = Readonly<Partial<Record<"apiKey" | "keyId" | "token" | "adminKey", string>>>

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g
const NAMES = ["apiKey", "keyId", "token", "adminKey"]
const SECRET_NAMES = ["apiKey", "adminKey"]

function apiOf(text: string): Api {
  const all = objectOf(text)
  const { http } = all
  if (!isObject(http)) throw invalid("http", "is not an object")
  if (textIn(all, "engine", 40) !== "http-key") throw invalid("engine", "is not http-key")
  const tls = tlsIn(all)
  const at = <P extends string>(name: string, ...pointers: P[]): Described<P> => requestIn(http, name, pointers, tls)
  const create = at("create", "id", "secret")
  if (!JSON.stringify([create.body ?? null, create.headers, create.url]).includes("{{token}}"))
    throw invalid("http.create", "does not name the key by {{token}}, so that one whose answer got lost would stay")
  return {
    all,
    tls,
    ca: optionalTextIn(all, "sslrootcert", 65_536),
    apiKey: textIn(all, "apiKey", 16_384),
    keyId: textIn(all, "keyId", 512),
    create,
    list: at("list", "items", "id", "name"),
    test: at("test"),
    revoke: at("revoke"),
  }
}

function requestIn<P extends string>(
  http: JsonObject,
  name: string,
  pointers: readonly P[],
  tls: boolean,
): Described<P> {
  const asked = http[name]
  const field = `http.${name}`
  if (!isObject(asked)) throw invalid(field, "is not an object")
  const { method = "GET", headers = {}, body } = asked
  if (typeof method !== "string" || !METHODS.includes(method))
    throw invalid(`${field}.method`, `is not one of ${METHODS.join(", ")}`)
  const url = textIn(asked, "url", 2048)
  // The path's own placeholders are no URL yet.
  urlIn(url.replaceAll(PLACEHOLDER, "x"), tls, `${field}.url`)
  for (const secret of SECRET_NAMES)
    if (url.includes(`{{${secret}}}`)) throw invalid(`${field}.url`, "would hold a key; headers and body may")
  if (/\{\{/.test(url.split("/").slice(0, 3).join("/"))) throw invalid(`${field}.url`, "has a placeholder in its host")
  if (!isObject(headers)) throw invalid(`${field}.headers`, "is not an object")
  for (const [header, value] of Object.entries(headers))
    if (!/^[A-Za-z0-9-]{1,64}$/.test(header) || typeof value !== "string" || /[\r\n\0]/.test(value))
      throw invalid(`${field}.headers`, "has what is no header")
  for (const [, used = ""] of JSON.stringify([url, headers, body ?? null]).matchAll(PLACEHOLDER))
    if (!NAMES.includes(used)) throw invalid(field, `has a placeholder that is not one of ${NAMES.join(", ")}`)
  const pointed = Object.fromEntries(pointers.map((pointer) => [pointer, pointerIn(asked, pointer, field)]))
  return { method, url, headers: headers as Record<string, string>, body, ...pointed } as Described<P>
}

function pointerIn(asked: JsonObject, name: string, field: string): string {
  const pointer = asked[name]
  if (typeof pointer !== "string" || !/^(\/[^/]{0,100}){0,8}$/.test(pointer))
    throw invalid(`${field}.${name}`, "is no JSON pointer")
  return pointer
}

function filled(text: string, values: Values, encode: (value: string) => string): string {
  return text.replaceAll(PLACEHOLDER, (_, name: keyof Values) => {
    const value = values[name]
    if (value === undefined) throw invalid("http", `uses {{${name}}} where there is none`)
    return encode(value)
  })
}

function filledJson(value: Json, values: Values): Json {
  if (typeof value === "string") return filled(value, values, (one) => one)
  if (Array.isArray(value)) return value.map((item: Json) => filledJson(item, values))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledJson(item, values)]))
}

async function ask(api: Api, request: Request, values: Values, context: StepContext): Promise<Answer> {
  const url = urlIn(filled(request.url, values, encodeURIComponent), api.tls, "http")
  mustBeListed(url, context.hosts)
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name.toLowerCase(),
    filled(value, values, (one) => one),
  ])
  const body = request.body === undefined ? undefined : JSON.stringify(filledJson(request.body, values))
  const call: Call = {
    method: request.method,
    url,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...Object.fromEntries(headers),
    } as Record<string, string>,
    body,
    ca: api.ca,
  }
  return await exchange(call, context)
}

async function must(api: Api, request: Request, values: Values, context: StepContext): Promise<Answer> {
  const answer = await ask(api, request, values, context)
  if (answer.status < 200 || answer.status > 299) throw statusFault(answer.status)
  return answer
}

/** Only a clear no is one: a server that is out of order says nothing about the key. */
async function isGood(api: Api, apiKey: string, keyId: string, context: StepContext): Promise<boolean> {
  const { status } = await ask(api, api.test, { apiKey, keyId }, context)
  if (status >= 200 && status < 300) return true
  if (status === 401 || status === 403) return false
  throw statusFault(status)
}

function knownValues(api: Api, held: Held, context: StepContext): Values {
  const adminKey = held.admin === undefined ? undefined : textIn(objectOf(held.admin, "masterarn"), "apiKey", 16_384)
  return { apiKey: api.apiKey, token: context.token, ...(adminKey === undefined ? {} : { adminKey }) }
}

async function remove(api: Api, keyId: string, values: Values, context: StepContext): Promise<void> {
  const answer = await ask(api, api.revoke, { ...values, keyId }, context)
  const gone = answer.status === 404 || answer.status === 410
  if (!gone && (answer.status < 200 || answer.status > 299)) throw statusFault(answer.status)
}

/** Keys whose name holds our token: made by an earlier try that did not live to store them. Their secrets are lost. */
async function removeLost(api: Api, values: Values, context: StepContext): Promise<void> {
  const items = pointed(jsonOf(await must(api, api.list, values, context)), api.list.items)
  if (!Array.isArray(items)) throw new RotationFault("target_failed", { code: "no_list" })
  for (const item of items as unknown[]) {
    const [id, name] = [wordAt(item, api.list.id), wordAt(item, api.list.name)]
    if (id === undefined || id === api.keyId || name?.includes(context.token) !== true) continue
    await context.effect("lost key removed", () => remove(api, id, values, context))
  }
}

function wordAt(document: unknown, pointer: string): string | undefined {
  const value = pointed(document, pointer)
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value)
  return typeof value === "string" && value !== "" && value.length <= 16_384 ? value : undefined
}

async function makeKey(api: Api, values: Values, context: StepContext): Promise<string> {
  const made = jsonOf(await must(api, api.create, values, context))
  const keyId = wordAt(made, api.create.id)
  const apiKey = wordAt(made, api.create.secret)
  if (keyId === undefined || apiKey === undefined)
    throw new RotationFault("target_failed", { code: "no_key_in_answer" })
  if (keyId === api.keyId || apiKey === api.apiKey) throw new RotationFault("target_failed", { code: "same_key_again" })
  return JSON.stringify({ ...api.all, apiKey, keyId })
}

function mustBeSameApi(api: Api, next: Api): void {
  if (JSON.stringify(api.all["http"]) !== JSON.stringify(next.all["http"]))
    throw new RotationFault("identity_changed", { field: "http" })
}

/** Any API that makes, lists and revokes keys, as the secret itself describes it. Keys overlap. */
export const httpKeySteps: Steps = {
  writes: ["apiKey", "keyId"],

  check(held) {
    const api = apiOf(held.current)
    if (JSON.stringify(api.all["http"]).includes("{{adminKey}}") && held.admin === undefined)
      throw new RotationFault("admin_missing")
  },

  async prove(held, context) {
    const api = apiOf(held.current)
    if (!(await isGood(api, api.apiKey, api.keyId, context))) throw new RotationFault("current_refused")
  },

  async create(held, context) {
    const api = apiOf(held.current)
    if (held.pending !== undefined) {
      mustBeSameApi(api, apiOf(held.pending))
      return held.pending
    }
    if (!(await isGood(api, api.apiKey, api.keyId, context))) throw new RotationFault("current_refused")
    const values = knownValues(api, held, context)
    await removeLost(api, values, context)
    return context.effect("key made", () => makeKey(api, values, context))
  },

  /** The key was good as it was made; the one before the last goes now. */
  async set(held, context) {
    if (held.previous === undefined || held.pending === undefined) return
    const [api, old, next] = [apiOf(held.current), apiOf(held.previous), apiOf(held.pending)]
    if (old.keyId === api.keyId || old.keyId === next.keyId) return
    await context.effect("old key removed", () => remove(api, old.keyId, knownValues(api, held, context), context))
  },

  async test(held, context) {
    if (held.pending === undefined) throw new RotationFault("pending_missing")
    const [api, next] = [apiOf(held.current), apiOf(held.pending)]
    mustBeSameApi(api, next)
    if (!(await isGood(next, next.apiKey, next.keyId, context))) throw new RotationFault("pending_refused")
  },

  async revoke(held, context) {
    if (held.previous === undefined) return
    const [api, old] = [apiOf(held.current), apiOf(held.previous)]
    if (old.keyId === api.keyId) return
    if (!(await isGood(api, api.apiKey, api.keyId, context))) throw new RotationFault("current_refused")
    await context.effect("key removed", () => remove(api, old.keyId, knownValues(api, held, context), context))
  },
}
