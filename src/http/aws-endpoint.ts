import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import type { Desk } from "../aws-api/desk.ts"
import type { AwsAnswer, AwsEndpoint } from "../aws-api/endpoint.ts"
import { AWS_BODY_LIMIT, AWS_MEDIA } from "../aws-api/wire.ts"
import { NO_SPANS } from "../telemetry/spans.ts"
import { takeReads } from "./limiter.ts"
import { asTylerError } from "./problem.ts"
import { traced } from "./traced.ts"
import type { Wiring } from "./wiring.ts"

const PATH = "/"

/**
 * The AWS-compatible endpoint: `POST /` of the same listener. A scope of its own, because its bodies stay the bytes that
 * were signed and its errors are AWS's. Cookies and tokens mean nothing here, and no answer is for a page of another site.
 */
export function registerAwsEndpoint(app: FastifyInstance, wiring: Wiring): void {
  let loaded: AwsEndpoint | undefined
  let loading: Promise<AwsEndpoint> | undefined
  /** With the first call: a server that AWS's clients never ask is 2 MB smaller. */
  const endpoint = (): AwsEndpoint | Promise<AwsEndpoint> => {
    loading ??= import("../aws-api/endpoint.ts").then(({ awsEndpoint }) => (loaded = awsEndpoint(deskOf(wiring))))
    return loaded ?? loading
  }
  const { spans } = wiring.service
  const routed = { method: "POST", route: PATH, action: null, backend: wiring.backend }
  app.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body))
    scope.setErrorHandler(async (error, request, reply) => {
      const aws = await endpoint()
      return send(wiring, request, reply, aws.refuse(asTylerError(error, AWS_BODY_LIMIT), request.origin))
    })
    scope.route({
      method: "POST",
      url: PATH,
      bodyLimit: AWS_BODY_LIMIT,
      handler: async (request, reply) => {
        const { method = "", rawHeaders } = request.raw
        const target = request.headers["x-amz-target"]
        const call = {
          method,
          target: request.originalUrl,
          rawHeaders,
          body: request.body instanceof Buffer ? request.body : Buffer.alloc(0),
          targetHeader: typeof target === "string" ? target : undefined,
          contentType: request.headers["content-type"],
        }
        const held = endpoint()
        const aws = held instanceof Promise ? await held : held
        const answered = (): Promise<AwsAnswer> => aws.answer(call, request.origin)
        const answer = await (spans === NO_SPANS
          ? answered()
          : traced(spans, routed, request.headers["traceparent"], answered))
        return send(wiring, request, reply, answer)
      },
    })
    registered()
  })
}

/** Whether a request is the endpoint's, whose bodies are of another type than the API's. */
export function isAwsCall(request: FastifyRequest): boolean {
  return request.method === "POST" && request.routeOptions.url === PATH
}

function deskOf(wiring: Wiring): Desk {
  const { service, authenticator, place, failures } = wiring
  return {
    service,
    authenticator,
    place,
    failures,
    get publicUrl() {
      return wiring.publicUrl
    },
    takeReads: (who, count) => takeReads(wiring.readLimits, who, service.clock, count),
    rotation: wiring.rotation,
    refusedItem: (error) => wiring.counters.refusal(error),
  }
}

/** `Date`, by which the SDKs set their clocks right, is Node's own. */
function send(wiring: Wiring, request: FastifyRequest, reply: FastifyReply, answer: AwsAnswer): FastifyReply {
  const { status, body, refusal } = answer
  const { counters, log } = wiring
  if (refusal === undefined) counters.answered(counters.aws, status)
  else {
    if (refusal.detail !== undefined || refusal.code === "internal")
      log.error({ requestId: request.id, code: refusal.code, detail: refusal.detail }, "request failed")
    counters.refused(counters.aws, refusal, status)
  }
  if (wiring.stopping()) reply.header("connection", "close")
  return reply
    .code(status)
    .headers({ "content-type": AWS_MEDIA, "cache-control": "no-store", "x-amzn-requestid": request.id })
    .serializer(asItIs)
    .send(body)
}

/**
 * Of text the framework would name a charset, unless it is given a serializer. Text goes to the socket together with the
 * headers; bytes are a second buffer there, and cost 3 microseconds.
 */
function asItIs(body: unknown): string {
  return body as string
}
