import type { IncomingMessage, RequestListener } from "node:http"
import { createServer, type Server } from "node:https"
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify"
import { REQUEST_ID, VERIFICATION_TOKEN } from "../api/headers.ts"
import { TylerError } from "../core/errors.ts"
import { isHalf, type Origin } from "../core/principal.ts"
import type { Caller } from "../operations/service.ts"
import { recordRefusal } from "../operations/perform.ts"
import { NO_SPANS } from "../telemetry/spans.ts"
import { readJson, refuseOddMedia } from "./body.ts"
import { originOf, type Presented, presentedToken, refuseCrossSite } from "./caller.ts"
import { CONTRACTS } from "./contract.ts"
import type { RouteCounter } from "./counters.ts"
import { hostCheck } from "./host-check.ts"
import { liftName, rawName } from "./lift.ts"
import { notRouted } from "./not-routed.ts"
import { takeReads } from "./limiter.ts"
import { MATRIX, type Row, type RouteId } from "./matrix.ts"
import { asTylerError, problemOf } from "./problem.ts"
import { isAwsCall, registerAwsEndpoint } from "./aws-endpoint.ts"
import { registerPages } from "./routes/pages.ts"
import { type Answer, HANDLERS } from "./routes/handlers.ts"
import { refuseUnlisted } from "./strict.ts"
import { traced } from "./traced.ts"
import { answerUnread } from "./unread.ts"
import type { TlsListener, Wiring } from "./wiring.ts"

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null
    origin: Origin
    row: Row | null
    counter: RouteCounter | null
  }
}

/** Bodies of ordinary routes, in bytes; rows that carry values state their own. */
const BODY_LIMIT = 65_536
/** A request line and headers together; Node's own default, stated. */
const REQUEST_TIMEOUT_MS = 15_000
const KEEP_ALIVE_MS = 72_000

export function createApp(wiring: Wiring): FastifyInstance {
  const checkHost = hostCheck(wiring.hosts)
  const app = Fastify({
    ...(wiring.tls === null ? {} : { serverFactory: tlsServers(wiring.tls) }),
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    exposeHeadRoutes: false,
    trustProxy: false,
    genReqId: () => wiring.service.random.uuid(),
    clientErrorHandler: (error, socket) => {
      const refusal = answerUnread(error, socket, wiring.service.random.uuid())
      if (refusal !== undefined) wiring.counters.refused(wiring.counters.unrouted, refusal)
    },
    rewriteUrl: (request: IncomingMessage) => liftName(request),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      request.origin = originOf(wiring, request)
      void sendProblem(wiring, request, reply, thrownBy(() => checkHost(request.raw)) ?? error)
    },
    routerOptions: { maxParamLength: 2048, ignoreTrailingSlash: false, caseSensitive: true },
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
  }) as unknown as FastifyInstance

  app.decorateRequest("caller", null)
  app.decorateRequest("row", null)
  app.decorateRequest("counter", null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, readJson(body as Buffer))
    } catch (error) {
      done(error as Error, undefined)
    }
  })
  app.addHook("onRequest", (request, reply, done) => {
    // Here for pages and the endpoint too; below again, for what was asked before the signal and is answered after it.
    if (wiring.stopping()) reply.header("connection", "close")
    request.origin = originOf(wiring, request)
    done(thrownBy(() => checkHost(request.raw, isProbe(request))))
  })
  app.addHook("preParsing", (request, _reply, _payload, done) =>
    done(isAwsCall(request) ? undefined : thrownBy(() => refuseOddMedia(request.raw))),
  )
  app.setErrorHandler((error, request, reply) => sendProblem(wiring, request, reply, error))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(wiring, request, reply, notRouted(request.method, request.originalUrl)),
  )
  registerPages(app, wiring)
  registerAwsEndpoint(app, wiring)
  for (const [id, row] of Object.entries(MATRIX) as [RouteId, Row][]) register(app, wiring, id, row)
  return app
}

/** What says only whether this process works, and is asked for by address: see `namesAddress`. */
const PROBES: ReadonlySet<string | undefined> = new Set(["/api/health", "/api/ready"] as const)

function isProbe({ routeOptions: { url } }: FastifyRequest): boolean {
  return PROBES.has(url)
}

/** Bodies are judged by `api/parse.ts`. Named, so that Fastify does not load its own: 100 modules, 4 MB. */
function unused(): never {
  throw new Error("no route has a schema of Fastify's")
}

/** Fastify makes one server for each address; with a factory the time-outs are ours to set. */
function tlsServers(tls: TlsListener): (handler: RequestListener) => Server {
  return (handler) => {
    const server = createServer(
      { ...tls.options, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
      handler,
    )
    tls.servers.push(server)
    return server
  }
}

/** Hooks that need not wait say so by `done`: an async one costs every request a promise. */
function thrownBy(run: () => void): Error | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return error as Error
  }
}

function register(app: FastifyInstance, wiring: Wiring, id: RouteId, row: Row): void {
  const [method, url] = id.split(" ") as [string, string]
  const handler = HANDLERS[id]
  const contract = CONTRACTS[id]
  const counter = wiring.counters.routes.get(id) ?? wiring.counters.unrouted
  const open = row.auth === "none" && method === "GET"
  const { spans } = wiring.service
  const routed = { method, route: url, action: row.action, backend: wiring.backend }
  app.route({
    method,
    url,
    bodyLimit: row.bodyLimit ?? BODY_LIMIT,
    onRequest: (request, _reply, done) => {
      request.row = row
      request.counter = counter
      if (row.auth === "none") return done()
      const credential = presentedToken(wiring, request)
      const held = heldCaller(wiring, request, credential)
      if (held !== undefined) return done(thrownBy(() => enter(wiring, request, row, held)))
      authenticate(wiring, request, credential).then(
        (caller) => done(thrownBy(() => enter(wiring, request, row, caller))),
        done,
      )
    },
    handler: (request, reply) => {
      refuseUnlisted(contract, request, open)
      const asked = {
        wiring,
        request,
        caller: request.caller as Caller,
        origin: request.origin,
        body: request.body,
        params: request.params as Record<string, string>,
      }
      const answered =
        spans === NO_SPANS
          ? handler(asked)
          : traced(spans, routed, request.headers["traceparent"], () => handler(asked))
      answered.then(
        (answer) => {
          wiring.counters.answered(counter, answer.status)
          if (wiring.stopping()) reply.header("connection", "close")
          return sendAnswer(reply, answer)
        },
        (error: unknown) => reply.send(error),
      )
    },
  })
}

/** The caller whose token is known already, as most are. A cookie's provenance is looked at first, so it takes the long way. */
function heldCaller(wiring: Wiring, request: FastifyRequest, credential: Presented | undefined): Caller | undefined {
  if (credential === undefined || credential.fromCookie) return undefined
  return wiring.authenticator.held(credential.token, request.origin)
}

function enter(wiring: Wiring, request: FastifyRequest, row: Row, caller: Caller): void {
  const verification = request.headers[VERIFICATION_TOKEN]
  request.caller = typeof verification === "string" ? { ...caller, verification } : caller
  if (isHalf(caller.principal.assurance) && row.half !== true) throw new TylerError("forbidden", HALF)
  if (caller.principal.scope !== undefined && row.scoped !== true) throw new TylerError("forbidden", SCOPED)
  if (row.counts === "read") takeReads(wiring.readLimits, caller.principal, wiring.service.clock, 1)
}

const SCOPED = { error: "This token is for secrets only: it has a scope", requires: "a token without a scope" }

const HALF = { error: "Finish signing in first: show your second factor, or change your password", requires: "sign_in" }

async function authenticate(
  wiring: Wiring,
  request: FastifyRequest,
  credential: Presented | undefined,
): Promise<Caller> {
  const address = `address ${request.origin.ip}`
  if (credential === undefined) {
    wiring.service.refusals.countOnly(address, wiring.service.clock.now())
    throw new TylerError("unauthenticated")
  }
  if (credential.fromCookie) refuseCrossSite(wiring, request)
  try {
    return await wiring.authenticator.authenticate(credential.token, request.origin)
  } catch (error) {
    if (error instanceof TylerError && error.code === "unauthenticated") {
      wiring.service.refusals.countOnly(address, wiring.service.clock.now())
      // After the look-up, not before: somebody's revoked token must not shut out all who share their address.
      wiring.failures.check(request.origin.ip)
      wiring.failures.failed(request.origin.ip)
    }
    throw error
  }
}

const JSON_ANSWER = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" }

function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status).header(REQUEST_ID, reply.request.id)
  if (answer.headers) reply.headers(answer.headers)
  if (answer.stream) return reply.send(answer.stream)
  if (answer.text !== undefined) return reply.send(answer.text)
  if (answer.body === undefined) return reply.send()
  return reply.headers(JSON_ANSWER).send(JSON.stringify(answer.body))
}

/** Answers an error. On secret routes a refusal that never reached its verb (400, 415, 429...) gets its entry here. */
async function sendProblem(
  wiring: Wiring,
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
): Promise<FastifyReply> {
  const limit = request.row?.bodyLimit ?? BODY_LIMIT
  let error = asTylerError(thrown, limit)
  if (request.caller && request.row?.action && !error.recorded) {
    const resourceName = rawName(request.raw) ?? "ALL"
    const about = { action: request.row.action, resourceType: request.row.resource, resourceName, reason: null }
    try {
      await recordRefusal(wiring.service, request.caller, about, error)
    } catch (fault) {
      error = asTylerError(fault, limit)
    }
  }
  if (error.detail !== undefined || error.code === "internal")
    wiring.log.error({ requestId: request.id, code: error.code, detail: error.detail }, "request failed")
  wiring.counters.refused(request.counter ?? wiring.counters.unrouted, error)
  const problem = problemOf(error, request.id)
  if (wiring.stopping()) reply.header("connection", "close")
  return reply
    .code(problem.status)
    .headers({ ...JSON_ANSWER, [REQUEST_ID]: request.id, ...problem.headers })
    .send(problem.body)
}
