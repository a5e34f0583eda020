import assert from "node:assert/strict"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { ANSWER_LIMIT } from "./answer.ts"
import { type ClientOptions, type TylerClient, tylerClient } from "./client.ts"
import { TylerApiError } from "./error.ts"

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}
type Answer = (response: ServerResponse, seen: Seen, count: number) => void

/** A loopback server that answers as told and remembers what it was asked. */
async function withServer(
  answer: Answer,
  use: (client: TylerClient, seen: readonly Seen[]) => Promise<void>,
  options: Partial<ClientOptions> = {},
): Promise<void> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on("data", (piece: Buffer) => pieces.push(piece))
    request.on("end", () => {
      const { method = "", url = "", headers } = request
      const one = { method, url, headers, body: Buffer.concat(pieces).toString() }
      seen.push(one)
      answer(response, one, seen.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await use(tylerClient({ url, token: "tok", reason: "because the test asks", ...options }), seen)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const OURS = { "content-type": "application/json", "x-request-id": "r" }

function say(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...OURS, ...headers }).end(JSON.stringify(body))
}

async function failure(promise: Promise<unknown>): Promise<TylerApiError> {
  const error = await promise.then(
    () => assert.fail("did not fail"),
    (error: unknown) => error,
  )
  assert.ok(error instanceof TylerApiError)
  return error
}

const DOWN = { error: "no", code: "unavailable", requestId: "r" }

test("options reach the wire under the names of the contract", () =>
  withServer(
    (response) => say(response, 200, {}),
    async (client, seen) => {
      await client.get("config/a", { unmask: true, skipCache: true, stage: "previous" })
      const body = { reason: "because the test asks", unmask: true, stage: "previous", skipCache: true }
      assert.equal(seen[0]?.url, "/api/secrets/config/a/access")
      assert.deepEqual(JSON.parse(seen[0]?.body ?? ""), body)
      assert.equal(seen[0]?.headers.authorization, "Bearer tok")
      await client.delete("config/a", { confirmationCode: "c", reason: "another reason", recoveryDays: 7 })
      const deletion = { confirmationCode: "c", reason: "another reason", recoveryDays: 7 }
      assert.deepEqual([seen[1]?.method, JSON.parse(seen[1]?.body ?? "")], ["DELETE", deletion])
    },
  ))

test("a change that waits is told from one that was made", () => {
  const pending = { message: "Waiting", requestId: "q", state: "pending", effectiveAt: null }
  return withServer(
    (response, { url }) => (url.endsWith("/waits") ? say(response, 202, pending) : say(response, 200, { id: "made" })),
    async (client, seen) => {
      const shown = { verificationToken: "tyv_x" }
      assert.deepEqual(await client.users.change("waits", { disabled: true }, shown), { pending })
      assert.deepEqual(await client.users.change("u", { disabled: true }), { id: "made" })
      assert.deepEqual(await client.policies.update("waits", { secretPattern: "a/*" }, shown), { pending })
      assert.deepEqual(await client.policies.update("p", { secretPattern: "a/*" }), { id: "made" })
      assert.deepEqual(await client.policies.delete("waits", shown), { pending })
      assert.equal(await client.policies.delete("p"), undefined)
      const tokens = seen.map(({ headers }) => headers["x-verification-token"])
      assert.deepEqual(tokens, ["tyv_x", undefined, "tyv_x", undefined, "tyv_x", undefined])
    },
  )
})

test("factors, requests and grants travel as the contract has them; tokens in a header, never in a body", () =>
  withServer(
    (response) => say(response, 200, {}),
    async (client, seen) => {
      const verificationToken = "tyv_x"
      await client.finishLogin({ code: "1" })
      await client.factors.confirmTotp({ enrolment: "e", code: "1", label: "phone", verificationToken })
      await client.factors.confirmPasskey({ enrolment: "e", response: {}, label: "key", password: "p" })
      await client.factors.renewRecoveryCodes({ verificationToken })
      await client.factors.remove("a/b", { verificationToken })
      await client.factors.challenge("approve", "q")
      await client.factors.verify({ verb: "govern", code: "1" })
      await client.requests.create({ secrets: ["a"], verb: "read", uses: null, verificationToken })
      await client.requests.approve("q")
      await client.requests.deny("q", { reason: "not this month" })
      await client.grants.revoke("g")
      await client.breakGlass(["a"], { minutes: 5, verificationToken })
      const reason = "because the test asks"
      const sent = seen.map(({ method, url, headers, body }) => [
        `${method} ${url}`,
        headers["x-verification-token"] ?? "",
        JSON.parse(body) as unknown,
      ])
      assert.deepEqual(sent, [
        ["POST /api/auth/factor", "", { code: "1" }],
        ["POST /api/me/factors/totp/confirm", "tyv_x", { enrolment: "e", code: "1", label: "phone" }],
        ["POST /api/me/factors/passkey/confirm", "", { enrolment: "e", response: {}, label: "key", password: "p" }],
        ["POST /api/me/factors/recovery", "tyv_x", {}],
        ["DELETE /api/me/factors/a%2Fb", "tyv_x", {}],
        ["POST /api/auth/challenge", "", { purpose: "approve", requestId: "q" }],
        ["POST /api/auth/verify", "", { verb: "govern", code: "1" }],
        ["POST /api/access-requests", "tyv_x", { secrets: ["a"], verb: "read", uses: null, reason }],
        ["POST /api/access-requests/q/approve", "", {}],
        ["POST /api/access-requests/q/deny", "", { reason: "not this month" }],
        ["DELETE /api/grants/g", "", {}],
        ["POST /api/break-glass", "tyv_x", { secrets: ["a"], reason, minutes: 5 }],
      ])
    },
  ))

test("a list follows its cursors to the end", () =>
  withServer(
    (response, { url }) =>
      url.includes("cursor=next")
        ? say(response, 200, { secrets: [{ name: "b" }], nextCursor: null })
        : say(response, 200, { secrets: [{ name: "a" }], nextCursor: "next" }),
    async (client, seen) => {
      const names: string[] = []
      for await (const { name } of client.list({ prefix: "x/" })) names.push(name)
      assert.deepEqual(names, ["a", "b"])
      assert.deepEqual(
        seen.map(({ url }) => url),
        ["/api/secrets?prefix=x%2F", "/api/secrets?prefix=x%2F&cursor=next"],
      )
    },
  ))

test("reads are tried again after 503 with Retry-After, three times in all", () =>
  withServer(
    (response) => say(response, 503, DOWN, { "retry-after": "0" }),
    async (client, seen) => {
      const error = await failure(client.get("config/a"))
      assert.deepEqual([error.status, error.code, error.requestId, seen.length], [503, "unavailable", "r", 3])
    },
  ))

test("a write with an idempotency key is tried again with the same key; another call has another", () =>
  withServer(
    (response, _, count) =>
      count < 3 ? say(response, 503, DOWN, { "retry-after": "0" }) : say(response, 201, { versionId: "v" }),
    async (client, seen) => {
      await client.create("config/a", "v")
      await client.create("config/b", "v")
      const keys = seen.map(({ headers }) => headers["idempotency-key"])
      assert.match(String(keys[0]), /^[A-Za-z0-9-]{32,64}$/)
      assert.deepEqual([keys[1], keys[2]], [keys[0], keys[0]])
      assert.notEqual(keys[3], keys[0])
    },
  ))

test("nothing else is sent twice: other writes, other statuses, 503 without Retry-After, long waits", async () => {
  const now = { "retry-after": "0" }
  const cases: readonly (readonly [number, Record<string, string>, (client: TylerClient) => Promise<unknown>])[] = [
    [503, now, (client) => client.restore("config/a")],
    [503, now, (client) => client.login({ username: "u", password: "p" })],
    [503, {}, (client) => client.get("config/a")],
    [503, { "retry-after": "11" }, (client) => client.get("config/a")],
    [503, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, (client) => client.get("config/a")],
    [429, now, (client) => client.get("config/a")],
    [500, now, (client) => client.create("config/a", "v")],
  ]
  for (const [status, headers, ask] of cases)
    await withServer(
      (response) => say(response, status, DOWN, headers),
      async (client, seen) => {
        assert.equal((await failure(ask(client))).status, status)
        assert.equal(seen.length, 1)
      },
    )
})

test("a redirect is an error and the token goes nowhere else", () =>
  withServer(
    (response) => response.writeHead(307, { location: "/elsewhere" }).end(),
    async (client, seen) => {
      assert.equal((await failure(client.get("config/a"))).code, "redirected")
      assert.equal(seen.length, 1)
    },
  ))

test("errors carry status, code, facts and request id", () =>
  withServer(
    (response) => say(response, 429, { error: "used up", code: "quota_exceeded", requestId: "r1", limit: 10 }),
    async (client) => {
      const error = await failure(client.get("config/a"))
      assert.deepEqual(
        [error.status, error.code, error.message, error.facts, error.requestId],
        [429, "quota_exceeded", "used up", { limit: 10 }, "r1"],
      )
    },
  ))

test("what is no Tyler answer is said to be none, and is not quoted", async () => {
  const page = "<html>hunter2</html>"
  const answers: readonly (readonly [number, Answer])[] = [
    [502, (response) => response.writeHead(502).end(page)],
    [418, (response) => response.writeHead(418, OURS).end('{"error":"hunter2","code":"hunter2 "}')],
    [0, (response) => response.writeHead(200).end(page)],
    [0, (response) => response.writeHead(200).end('{"name":"hunter2"}')],
    [0, (response) => response.writeHead(204, OURS).end()],
    ...['{"value":"hunter2"', page, "null", '"hunter2"', "7", ""].map(
      (text) => [0, (response: ServerResponse) => response.writeHead(200, OURS).end(text)] as const,
    ),
  ]
  for (const [status, answer] of answers)
    await withServer(answer, async (client) => {
      const error = await failure(client.get("config/a"))
      assert.deepEqual([error.status, error.code], [status, "bad_answer"])
      assert.doesNotMatch(JSON.stringify([error.message, error.facts]), /hunter2/)
    })
})

test("an answer has 32 MiB at most, and a longer one is not waited for", async () => {
  const edges = '{"padding":""}'.length
  const padded = (bytes: number): string => `{"padding":"${"x".repeat(bytes - edges)}"}`
  for (const bytes of [ANSWER_LIMIT - 1, ANSWER_LIMIT])
    await withServer(
      (response) => response.writeHead(200, OURS).end(padded(bytes)),
      async (client) => assert.ok(await client.me()),
    )
  for (const status of [200, 500])
    await withServer(
      (response) => response.writeHead(status, OURS).write(padded(ANSWER_LIMIT + 1)),
      async (client) => {
        const error = await failure(client.me())
        assert.deepEqual([error.code, error.facts["limit"]], ["bad_answer", ANSWER_LIMIT])
      },
    )
})

test("a list that leads in a circle, or is none, ends", async () => {
  const answers = [
    { secrets: [], nextCursor: "same" },
    { secrets: "none", nextCursor: null },
  ]
  for (const answer of answers)
    await withServer(
      (response) => say(response, 200, answer),
      async (client) => assert.equal((await failure(client.list().next())).code, "bad_answer"),
    )
})

const EXPORT = ['{"tyler":"audit-export","version":1}', '{"index":0}', '{"checkpoint":"tyler\\n1\\nroot\\n"}', ""].join(
  "\n",
)

async function drip(response: ServerResponse, size: number): Promise<void> {
  response.writeHead(200, OURS)
  for (let at = 0; at < EXPORT.length; at += size) {
    response.write(EXPORT.slice(at, at + size))
    await new Promise(setImmediate)
  }
  response.end()
}

async function exported(client: TylerClient): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of client.audit.export()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

test("an export passes as it is, in pieces of any size", async () => {
  for (const size of [1, 2, 7, EXPORT.length])
    await withServer(
      (response) => void drip(response, size),
      async (client) => assert.equal(await exported(client), EXPORT),
    )
})

test("an export that is cut off says so, and what is none does not come through", async () => {
  for (let end = 0; end < EXPORT.length; end++)
    await withServer(
      (response) => response.writeHead(200, OURS).end(EXPORT.slice(0, end)),
      async (client) => assert.equal((await failure(exported(client))).code, "bad_answer", `${end} bytes`),
    )
  await withServer(
    (response) => response.writeHead(200, OURS).end(`<html>${EXPORT}`),
    async (client) => assert.equal((await failure(client.audit.export().next())).code, "bad_answer"),
  )
})

test("a silent server is given up on, in headers, body and stream alike", async () => {
  const silent: readonly Answer[] = [() => {}, (response) => void response.writeHead(200, OURS).write("{")]
  for (const answer of silent)
    await withServer(answer, async (client) => assert.equal((await failure(client.me())).code, "timeout"), {
      timeoutMs: 50,
    })
  await withServer(
    (response) => void response.writeHead(200, OURS).write(EXPORT),
    async (client) => assert.equal((await failure(exported(client))).code, "timeout"),
    { timeoutMs: 50 },
  )
})

test("no server, no reason and no proper name are errors of their own, before anything is sent", async () => {
  const nobody = tylerClient({ url: "http://127.0.0.1:9" })
  assert.equal((await failure(nobody.me())).code, "unreachable")
  assert.equal((await failure(nobody.get("config/a"))).code, "reason_required")
  assert.equal((await failure(nobody.get("config/../a", { reason: "r" }))).code, "invalid_name")
})

test("readiness answers what is down instead of failing", () =>
  withServer(
    (response) => say(response, 503, { ready: false, parts: { database: { up: false, reason: "gone" } } }),
    async (client) => assert.equal((await client.ready()).parts["database"]?.reason, "gone"),
  ))

test("rotation: what is sent, and a watch that outlives the time of an exchange", () =>
  withServer(
    (response, { url }) => {
      if (url.endsWith("&wait=1")) setTimeout(() => say(response, 200, { seen: "b" }), 300)
      else say(response, 200, url.startsWith("/api/rotations") ? { schedules: [], nextCursor: null } : {})
    },
    async (client, seen) => {
      await client.rotate("config/a", { revokePrevious: true, verificationToken: "shown" })
      assert.deepEqual(JSON.parse(seen[0]?.body ?? ""), { reason: "because the test asks", revokePrevious: true })
      assert.match(String(seen[0]?.headers["idempotency-key"]), /^[0-9a-f-]{36}$/)
      assert.equal(seen[0]?.headers["x-verification-token"], "shown")
      await client.schedule("config/a", { strategy: "redis", days: 30, enabled: true })
      assert.deepEqual(JSON.parse(seen[1]?.body ?? ""), { strategy: "redis", days: 30, enabled: true })
      await client.checkRotation("config/a")
      await client.cancelRotation("config/a")
      for await (const _ of client.rotations({ limit: 5 })) assert.fail("there is none")
      assert.deepEqual(
        seen.slice(2).map(({ method, url }) => `${method} ${url}`),
        [
          "POST /api/secrets/config/a/check-rotation",
          "POST /api/secrets/config/a/cancel-rotation",
          "GET /api/rotations?limit=5",
        ],
      )
      const watched = await client.rotation("config/a", { seen: "a", wait: 1 })
      assert.equal(watched.seen, "b")
      assert.equal(seen.at(-1)?.url, "/api/secrets/config/a/rotation?seen=a&wait=1")
    },
    { timeoutMs: 100 },
  ))

test("a watch that nobody waits for any more ends at once, and is not taken for a server that is slow", () =>
  withServer(
    () => undefined,
    async (client) => {
      const stop = new AbortController()
      const watched = failure(client.rotation("config/a", { seen: "a", wait: 20, signal: stop.signal }))
      stop.abort()
      assert.equal((await watched).code, "aborted")
    },
  ))
