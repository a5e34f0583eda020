import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { parseTraceparent } from "../../src/telemetry/tracer.ts"
import { type Receiver, startReceiver } from "../kit/receiver.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { ENGINE } from "../kit/engine.ts"

const NAME = "config/canary-of-names"
const VALUE = "canary-of-values"
const TRACE = "0af7651916cd43dd8448eb211c80319c"
const SPAN = "b7ad6b7169203331"

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, string>> }[]
  readonly status?: { readonly code: number }
}

let receiver: Receiver
let stage: Stage<"dev" | "hr">
before(async () => {
  receiver = await startReceiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}/` }
  stage = await openStage({ dev: ["developer"], hr: ["hr"] }, { env })
  await createSecret(stage.admin, NAME, VALUE)
})
after(async () => {
  await stage.close()
  await receiver[Symbol.asyncDispose]()
})

/** What has come in of one trace. */
async function spansOf(trace: string): Promise<readonly OtlpSpan[]> {
  await stage.server.runJobs()
  return receiver.posts
    .flatMap(({ body }) => (JSON.parse(body) as Body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .filter(({ traceId }) => traceId === trace)
}

interface Body {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[]
}

function attributesOf(span: OtlpSpan | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))
}

test("a read is four spans in the caller's trace: route, decide with open in it, record", async () => {
  const headers = { traceparent: `00-${TRACE}-${SPAN}-01` }
  assert.equal((await read(stage.people.dev.client, NAME, {}, headers)).status, 200)
  const spans = await spansOf(TRACE)
  const named = (name: string): OtlpSpan | undefined => spans.find((span) => span.name === name)
  assert.deepEqual(spans.map(({ name }) => name).toSorted(), ["decide", "open", "record", "route"])
  const route = named("route")
  assert.equal(route?.parentSpanId, SPAN)
  assert.equal(route.kind, 2)
  assert.equal(named("decide")?.parentSpanId, route.spanId)
  assert.equal(named("record")?.parentSpanId, route.spanId)
  assert.equal(named("open")?.parentSpanId, named("decide")?.spanId)
  assert.deepEqual(attributesOf(route), {
    "http.request.method": "POST",
    "http.route": "/api/secrets/{name}/access",
    "http.response.status_code": "200",
    "tyler.action": "GET",
    "tyler.result": "SUCCESS",
    "tyler.backend": ENGINE === "postgres" ? "shared" : "embedded",
  })
  for (const { startTimeUnixNano, endTimeUnixNano, spanId } of spans) {
    assert.match(spanId, /^[0-9a-f]{16}$/)
    const [start, end] = [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)]
    assert.ok(end >= start && end - start < 60_000_000_000n)
    assert.ok(Math.abs(Number(start / 1_000_000n) - Date.now()) < 60_000)
  }
  assert.ok(receiver.posts.every(({ url, method }) => method === "POST" && url === "/v1/traces"))
  assert.ok(receiver.posts.every(({ headers: sent }) => sent["content-type"] === "application/json"))
})

test("a refusal says its code; nothing that was sent says a name, a value, a reason, a person or an address", async () => {
  const trace = "1".repeat(32)
  const headers = { traceparent: `00-${trace}-${SPAN}-01` }
  assert.equal((await read(stage.people.hr.client, NAME, {}, headers)).status, 403)
  const spans = await spansOf(trace)
  const route = spans.find(({ name }) => name === "route")
  const { "tyler.code": code, "tyler.result": result, "http.response.status_code": status } = attributesOf(route)
  assert.deepEqual([code, result, status, route?.status?.code], ["forbidden", "DENIED", "403", 2])
  const sent = receiver.posts.map(({ body }) => body).join("\n")
  assert.doesNotMatch(sent, new RegExp(`canary|${REASON}|"dev"|"hr"|127\\.0\\.0\\.1|developer`))
})

test("a call of the AWS endpoint is a trace too, its target left out", async () => {
  const trace = "4".repeat(32)
  const answer = await fetch(`${stage.server.url}/`, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.canary",
      traceparent: `00-${trace}-${SPAN}-01`,
    },
    body: JSON.stringify({ SecretId: NAME }),
  })
  assert.equal(answer.status, 400)
  await answer.text()
  const spans = await spansOf(trace)
  const route = attributesOf(spans.find(({ name }) => name === "route"))
  assert.deepEqual([route["http.route"], route["tyler.result"]], ["/", "DENIED"])
  assert.doesNotMatch(receiver.posts.map(({ body }) => body).join("\n"), /canary/)
})

test("who says that a trace is not kept is taken at his word; odd headers begin a trace of ours", async () => {
  const unkept = "2".repeat(32)
  assert.equal((await read(stage.people.dev.client, NAME, {}, { traceparent: `00-${unkept}-${SPAN}-00` })).status, 200)
  assert.deepEqual(await spansOf(unkept), [])
  for (const odd of [
    "",
    "x",
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
  ])
    assert.equal((await read(stage.people.dev.client, NAME, { unmask: false }, { traceparent: odd })).status, 200)
  assert.equal((await spansOf(TRACE)).length, 4, "none of them went into the caller's")
})

test("traceparent is read as the standard says", () => {
  const place = { traceId: TRACE, spanId: SPAN, sampled: true }
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-01`), place)
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-ff`), place)
  assert.deepEqual(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-holds`), place)
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-00`), { ...place, sampled: false })
  for (const odd of [
    undefined,
    "",
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])
    assert.equal(parseTraceparent(odd), undefined, String(odd))
})

test("a receiver that refuses, or is gone, is nobody's wait", async () => {
  receiver.answers = 500
  assert.equal((await read(stage.people.dev.client, NAME, { unmask: false })).status, 200)
  await stage.server.runJobs()
  receiver.answers = 200
  const trace = "3".repeat(32)
  const headers = { traceparent: `00-${trace}-${SPAN}-01` }
  assert.equal((await read(stage.people.dev.client, NAME, { unmask: false }, headers)).status, 200)
  assert.equal((await spansOf(trace)).length, 4)
})
