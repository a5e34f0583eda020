import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { jsonOf, sendRaw, sendRequest } from "../kit/raw.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<never>
before(async () => {
  stage = await openStage({})
})
after(() => stage.close())

function me(host: string | null, lines: readonly string[] = []) {
  return sendRequest(stage.server.port, { method: "GET", path: "/api/me", token: stage.admin.token, host, lines })
}

test("loopback names are answered on a loopback listener, whatever the port says", async () => {
  const { port } = stage.server
  for (const host of [
    `localhost:${port}`,
    "localhost",
    `127.0.0.1:${port}`,
    `[::1]:${port}`,
    "LOCALHOST:1",
    "127.9.9.9",
  ])
    assert.equal((await me(host)).status, 200, host)
})

test("a request under any other name is 421, with a good token too, and on every kind of path", async () => {
  const hosts = [
    "evil.example",
    `evil.example:${stage.server.port}`,
    "localhost.evil.example",
    "localhost.",
    "127.0.0.1.evil.example",
    "localhost:0",
    "localhost:65536",
    "user@localhost",
    "localhost/",
    "[::1",
    "",
    "0.0.0.0",
    "[::ffff:10.0.0.1]",
  ]
  for (const host of hosts) {
    const answer = await me(host)
    // Node itself answers 400 to an empty one.
    assert.ok(answer.status === 421 || (host === "" && answer.status === 400), `${host}: ${answer.status}`)
  }
  for (const path of ["/api/secrets", "/login", "/nowhere", "/api/secrets/config/x/access", "/%zz"]) {
    const answer = await sendRequest(stage.server.port, { method: "GET", path, host: "evil.example" })
    assert.equal(answer.status, 421, path)
    assert.equal(jsonOf(answer)?.["code"], "misdirected_request")
  }
})

test("a probe is answered by address too, as balancers ask; nothing else is, and no name that leads here", async () => {
  const get = (path: string, host: string, method = "GET") =>
    sendRequest(stage.server.port, { method, path, host, token: stage.admin.token })
  for (const host of [`10.20.3.4:${stage.server.port}`, "10.20.3.4", "[fd00::1]:7070"]) {
    for (const path of ["/api/health", "/api/ready"])
      assert.equal((await get(path, host)).status, 200, `${path} ${host}`)
    for (const path of ["/api/me", "/metrics", "/api/openapi.json", "/login", "/", "/api/health/", "/api/readyx"])
      assert.equal((await get(path, host)).status, 421, `${path} ${host}`)
    assert.equal((await get("/api/ready", host, "POST")).status, 421)
  }
  for (const host of ["evil.example", "10.20.3.4.evil.example", "10.20.3", "10.20.3.4:65536"])
    for (const path of ["/api/health", "/api/ready"])
      assert.equal((await get(path, host)).status, 421, `${path} ${host}`)
})

test("no Host, two Hosts and a Host that the request line contradicts are refused", async () => {
  assert.equal((await me(null)).status, 400)
  for (const second of ["Host: evil.example", "Host: localhost", "host: evil.example"])
    assert.ok([400, 421].includes((await me("localhost", [second])).status), second)
  const absolute = await sendRaw(
    stage.server.port,
    `GET http://evil.example/api/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${stage.admin.token}\r\n\r\n`,
  )
  assert.ok(absolute.status >= 400, String(absolute.status))
  const forwarded = ["X-Forwarded-Host: localhost", "Forwarded: host=localhost", "X-Host: localhost"]
  assert.equal((await me("evil.example", forwarded)).status, 421)
})
