import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import { createServer as createSecureServer } from "node:https"
import { json } from "node:stream/consumers"
import { after, before, beforeEach, describe, test } from "node:test"
import { stepsOf } from "../../src/adapters/targets/open.ts"
import type { Steps } from "../../src/rotation/steps.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { Rehearsal, refuses, whileUsed } from "../kit/rehearsal.ts"

/** An API of keys as many are: shows a key once, lists without keys, at most four at a time. */
describe("HTTP API keys", () => {
  const keys = new Map<string, { name: string; key: string }>()
  const urls: string[] = []
  let behave: "well" | "redirect" | "huge" | "down" = "well"
  let port: number
  let steps: Steps
  const server = createServer((request, answer) => {
    void respond(request).then(([status, body]) => {
      answer
        .writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/" } : {})
        .end(typeof body === "string" ? body : JSON.stringify(body))
    })
  })

  async function respond(request: IncomingMessage): Promise<[number, unknown]> {
    urls.push(request.url ?? "")
    if (behave === "redirect") return [302, {}]
    if (behave === "huge") return [200, "x".repeat(2_000_000)]
    if (behave === "down") return [503, { error: request.headers.authorization }]
    const owner = [...keys].find(([, { key }]) => request.headers.authorization === `Bearer ${key}`)
    if (owner === undefined) return [401, {}]
    if (request.method === "POST") {
      if (keys.size >= 4) return [409, {}]
      const { name } = (await json(request)) as { name: string }
      const [id, key] = [randomBytes(4).toString("hex"), randomBytes(16).toString("hex")]
      keys.set(id, { name, key })
      return [201, { data: { id, "sec/ret": key } }]
    }
    if (request.method === "DELETE")
      return [keys.delete(decodeURIComponent(request.url?.split("/").at(-1) ?? "")) ? 204 : 404, ""]
    return [200, { data: [...keys].map(([id, { name }]) => ({ id, name })) }]
  }

  before(async () => {
    steps = await stepsOf("http-key")
    await once(server.listen(0, "127.0.0.1"), "listening")
    port = (server.address() as { port: number }).port
  })
  after(() => server.close())
  beforeEach(() => {
    behave = "well"
    keys.clear()
    keys.set("k 1", { name: "by hand", key: "first-key" })
    keys.set("other", { name: "somebody else's", key: "other-key" })
  })

  function secret(change: object = {}): object {
    const url = `http://127.0.0.1:${port}/keys`
    const headers = { Authorization: "Bearer {{apiKey}}" }
    return {
      engine: "http-key",
      ssl: false,
      apiKey: "first-key",
      keyId: "k 1",
      http: {
        create: {
          method: "POST",
          url,
          headers,
          body: { name: "tyler-{{token}}" },
          id: "/data/id",
          secret: "/data/sec~1ret",
        },
        list: { url, headers, items: "/data", id: "/id", name: "/name" },
        test: { url, headers },
        revoke: { method: "DELETE", url: `${url}/{{keyId}}`, headers },
        ...change,
      },
    }
  }
  const rehearse = (change: object = {}): Rehearsal =>
    new Rehearsal(steps, secret(change), undefined, [`127.0.0.1:${port}`])
  const isKey = async (value: string): Promise<boolean> => {
    const { apiKey } = JSON.parse(value) as { apiKey: string }
    return [...keys.values()].some(({ key }) => key === apiKey)
  }

  test("no use ever fails, the old key lives one rotation longer, others' keys stay, no key is in a URL", async () => {
    const rehearsal = rehearse()
    const seen = await whileUsed(rehearsal, isKey, async () => {
      for (let round = 0; round < 5; round++) {
        await rehearsal.rotate()
        assert.ok(await isKey(rehearsal.previous ?? ""))
        assert.equal(keys.size, 3)
      }
    })
    assert.deepEqual([seen.failedInside, seen.failedOutside], [0, 0])
    assert.ok(keys.has("other"))
    assert.ok(!urls.some((url) => url.includes("first-key") || url.includes(rehearsal.value()["apiKey"] ?? "?")))
  })

  test("killed at every point: a key that was made and not stored does not stay", async () => {
    const rehearsal = rehearse()
    for (let round = 0; round < 3; round++) {
      const deaths = await rehearsal.dying(
        () => rehearsal.rotate(),
        async () => assert.ok(await isKey(rehearsal.current)),
      )
      assert.ok(deaths >= 4)
      assert.equal(keys.size, 3)
    }
    await rehearsal.dying(
      () => rehearsal.revoke(),
      async () => assert.ok(await isKey(rehearsal.current)),
    )
    assert.equal(await isKey(rehearsal.previous ?? ""), false)
  })

  test("refusals say nothing of what was sent or answered", async () => {
    const refused = async (how: typeof behave, code: Parameters<typeof refuses>[0]): Promise<void> => {
      behave = how
      await refuses(code, () => rehearse().rotate(), "first-key")
      behave = "well"
    }
    await refused("redirect", "target_failed")
    await refused("huge", "target_failed")
    await refused("down", "target_failed")
    await refuses("address_refused", () =>
      new Rehearsal(steps, secret(), undefined, ["127.0.0.1:1", "localhost"]).rotate(),
    )
    keys.delete("k 1")
    await refuses("current_refused", () => rehearse().rotate(), "first-key")
    assert.equal(keys.size, 1)
  })

  test("a description that is not right is refused before anything is asked", async () => {
    urls.length = 0
    const url = `http://127.0.0.1:${port}/keys`
    for (const change of [
      { create: undefined },
      { create: { method: "POST", url, body: { name: "fixed" }, id: "/a", secret: "/b" } },
      { test: { url: `${url}?key={{apiKey}}` } },
      { test: { url: "http://{{keyId}}/" } },
      { test: { url: "https://127.0.0.1/" } },
      { test: { url: "http://u:p@127.0.0.1/" } },
      { test: { url, headers: { "a b": "x" } } },
      { test: { url, headers: { a: "x\r\ny: z" } } },
      { test: { url, headers: { a: "{{other}}" } } },
      { test: { method: "TRACE", url } },
      { list: { url, items: "data", id: "/id", name: "/name" } },
    ])
      await refuses("secret_invalid", () => rehearse(change).rotate(), "first-key")
    assert.deepEqual(urls, [])
  })

  test("TLS is verified", { skip: noOpenssl }, async () => {
    const pair = selfSigned("localhost")
    const secure = createSecureServer(pair, (request, answer) => void server.emit("request", request, answer))
    await once(secure.listen(0, "127.0.0.1"), "listening")
    try {
      const at = (secure.address() as { port: number }).port
      const over = (host: string, fields: object = {}): Rehearsal => {
        const text = JSON.stringify({ ...secret(), ssl: true, ...fields }).replaceAll(
          `http://127.0.0.1:${port}`,
          `https://${host}:${at}`,
        )
        return new Rehearsal(steps, JSON.parse(text) as object, undefined, ["localhost", "127.0.0.1"])
      }
      await refuses("tls_failed", () => over("localhost").rotate(), "first-key")
      await refuses("tls_failed", () => over("127.0.0.1", { sslrootcert: pair.cert }).rotate())
      await over("localhost", { sslrootcert: pair.cert }).rotate()
    } finally {
      secure.close()
    }
  })
})
