import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { chmodSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { freePort } from "../kit/free-port.ts"
import { startProcess } from "../kit/process.ts"
import { serverEnvironment, temporaryFolder } from "../kit/server.ts"

const ENTRY = fileURLToPath(new URL("../kit/serve.ts", import.meta.url))

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** `tyler-server health` with an environment and no other: no shell, no curl on the path. */
function health(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    const argv = ["--disable-warning=ExperimentalWarning", ENTRY, "health", ...args]
    execFile(process.execPath, argv, { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

test("health asks the server that has its configuration, and its exit code is the answer", async (t) => {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const env = { PORT: `${await freePort()}`, TYLER_DATA_DIR: join(folder, "data"), TYLER_DRAIN_SECONDS: "300" }
  const none = await health(env)
  assert.deepEqual([none.code, none.out], [1, ""])
  assert.match(none.err, /^tyler-server: ECONNREFUSED at 127\.0\.0\.1 port \d+\n$/)
  const server = await startProcess({ folder, env })
  t.after(() => server.close())
  assert.deepEqual(await health(env), { code: 0, out: "ready\n", err: "" })
  assert.deepEqual(await health(env, "--live"), { code: 0, out: "alive\n", err: "" })
  process.kill(server.pid, "SIGTERM")
  while ((await fetch(`${server.url}/api/ready`)).status === 200);
  assert.deepEqual(await health(env), { code: 1, out: "", err: "tyler-server: 503: not ready: server stopping\n" })
  assert.deepEqual(await health(env, "--live"), { code: 0, out: "alive\n", err: "" })
})

test("over TLS and on every address, under the name that the server answers to", { skip: noOpenssl }, async (t) => {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { cert, key } = selfSigned("tyler.example.org")
  const [certFile, keyFile] = [join(folder, "crt"), join(folder, "key")]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
  chmodSync(keyFile, 0o400)
  const env = serverEnvironment(folder, {
    HOST: "0.0.0.0",
    PORT: `${await freePort()}`,
    PUBLIC_URL: "https://tyler.example.org",
    TLS_CERT_FILE: certFile,
    TLS_KEY_FILE: keyFile,
  })
  const server = await startProcess({ folder, env })
  t.after(() => server.close())
  assert.deepEqual(await health(env), { code: 0, out: "ready\n", err: "" })
  const { code, err } = await health({ ...env, PUBLIC_URL: "https://elsewhere.example.org" })
  assert.deepEqual([code, err], [1, "tyler-server: 421: not the answer of this server\n"])
})

test("what another program answers is not taken for ready, and not repeated", async (t) => {
  const parts = { server: { up: false, reason: "\u001b[31mcanary" } }
  let said = "canary"
  const other = createServer((_asked, answer) => answer.writeHead(503).end(said))
  await once(other.listen(0, "127.0.0.1"), "listening")
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  for (said of ["canary", JSON.stringify({ ready: false, parts })]) {
    const { code, err } = await health({ PORT: `${port}` })
    assert.deepEqual([code, err], [1, "tyler-server: 503: not the answer of this server\n"])
  }
})

test("a configuration that does not say where is refused, as at start", async () => {
  assert.match((await health({ PORT: "0" })).err, /^tyler-server: PORT is 0: only the server itself knows/)
  assert.deepEqual((await health({ PORT: "x" })).code, 2)
  assert.deepEqual((await health({}, "--alive")).code, 2)
})
