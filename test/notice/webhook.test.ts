import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import type { LookupAddress } from "node:dns"
import { rmSync, writeFileSync } from "node:fs"
import type { ServerResponse } from "node:http"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { after, test } from "node:test"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { webhookChannel } from "../../src/adapters/webhook/channel.ts"
import { type Resolve, systemResolve } from "../../src/adapters/webhook/pin.ts"
import { systemClock } from "../../src/core/clock.ts"
import type { Reach } from "../../src/core/network.ts"
import type { Channel, Message, Undelivered } from "../../src/notice/channel.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { startReceiver } from "../kit/receiver.ts"
import { temporaryFolder } from "../kit/server.ts"

const SECRET = Buffer.from("a shared secret of more than 32 bytes")
const NEVER = new AbortController().signal

const MESSAGE: Message = {
  id: "6f1c1f0e-6f0e-4a53-9f0a-5b1f0e9a7c11",
  kind: "access_requested",
  createdAt: Date.UTC(2026, 10, 24, 12),
  facts: { requestId: "r-1", by: "zoë", verb: "read", secret: "financial/ledger", secrets: 1 },
  subject: "zoë asks for access to financial/ledger",
  text: "one\ntwo\n",
  link: "https://tyler.example/approve/r-1",
  to: null,
}

function channelTo(url: string, allowed: readonly Reach[] = ["loopback"], resolve: Resolve = systemResolve): Channel {
  return webhookChannel({ url, secret: SECRET, allowed }, systemClock, resolve)
}

const send = (channel: Channel, over: Partial<Message> = {}): Promise<Undelivered | undefined> =>
  channel.deliver({ ...MESSAGE, ...over }, NEVER)

const at = (...addresses: readonly string[]): readonly LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))

test("one post, with everything that the page promises", async () => {
  await using receiver = await startReceiver()
  assert.equal(await send(channelTo(receiver.url)), undefined)
  const [post, ...more] = receiver.posts
  assert.equal(more.length, 0)
  assert.deepEqual([post?.method, post?.url], ["POST", "/hook?from=tyler"])
  const { host, "content-type": type, "tyler-delivery": delivery, "tyler-signature": signature } = post?.headers ?? {}
  assert.deepEqual([host, type, delivery], [`127.0.0.1:${receiver.port}`, "application/json", MESSAGE.id])
  const { to: _, createdAt, ...rest } = MESSAGE
  assert.deepEqual(JSON.parse(post?.body ?? ""), { ...rest, createdAt: new Date(createdAt).toISOString() })
  const [, seconds] = /^t=([0-9]+),v1=[0-9a-f]{64}$/.exec(String(signature)) ?? []
  assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 60)
})

test("the signature is what openssl computes", { skip: noOpenssl }, async () => {
  await using receiver = await startReceiver()
  await send(channelTo(receiver.url))
  const [post] = receiver.posts
  const [, seconds, code] = /^t=([0-9]+),v1=(.*)$/.exec(String(post?.headers["tyler-signature"])) ?? []
  const said = execFileSync(
    "openssl",
    ["dgst", "-sha256", "-mac", "HMAC", "-macopt", `hexkey:${SECRET.toString("hex")}`],
    {
      input: `${seconds}.${post?.body}`,
      encoding: "utf8",
    },
  )
  assert.equal(said.trim().split(" ").at(-1), code)
})

const python = spawnSync("python3", ["--version"]).status === 0 ? false : "python3"

test("the signature is what Python computes", { skip: python }, async () => {
  await using receiver = await startReceiver()
  await send(channelTo(receiver.url))
  const [post] = receiver.posts
  const folder = temporaryFolder()
  after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, "body"), post?.body ?? "")
  const program = `
import hashlib, hmac, sys
said = dict(part.split("=", 1) for part in sys.argv[1].split(","))
body = open(sys.argv[2], "rb").read()
due = hmac.new(sys.argv[3].encode(), said["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
sys.exit(0 if hmac.compare_digest(due, said["v1"]) else 1)`
  const verify = (signature: string): number | null =>
    spawnSync("python3", ["-c", program, signature, join(folder, "body"), SECRET.toString()]).status
  const signature = String(post?.headers["tyler-signature"])
  assert.equal(verify(signature), 0)
  assert.equal(verify(signature.replace(/^t=./, "t=9")), 1)
})

test("only 2xx is taken; a redirect is not followed; what is about the body stands aside", async () => {
  await using receiver = await startReceiver()
  await using elsewhere = await startReceiver()
  const channel = channelTo(receiver.url)
  for (const status of [200, 201, 204, 299]) {
    receiver.answers = status
    assert.equal(await send(channel), undefined, String(status))
  }
  for (const [status, aside] of [
    [400, true],
    [401, false],
    [404, false],
    [409, false],
    [413, true],
    [422, true],
    [429, false],
    [500, false],
    [503, false],
  ] as const) {
    receiver.answers = status
    assert.deepEqual(await send(channel), { code: `status_${status}`, aside })
  }
  for (const status of [301, 302, 303, 307, 308, 304]) {
    receiver.answers = (response) => response.writeHead(status, { location: elsewhere.url }).end()
    assert.deepEqual(await send(channel), { code: "redirect_refused", aside: false })
  }
  assert.equal(elsewhere.posts.length, 0)
})

test("an address that its host may not have is not connected to", async () => {
  await using receiver = await startReceiver()
  const url = `http://hooks.example:${receiver.port}/`
  const refused = { code: "address_refused", aside: false }
  for (const addresses of [
    ["127.0.0.1"],
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["224.0.0.1"],
    ["0.0.0.0"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["::ffff:7f00:1"],
    ["fe80::1"],
    ["fd00::1"],
    ["64:ff9b::7f00:1"],
    ["not an address"],
    // One good one hides no bad one, in either order.
    ["1.1.1.1", "127.0.0.1"],
    ["127.0.0.1", "1.1.1.1"],
  ])
    assert.deepEqual(await send(channelTo(url, ["global"], async () => at(...addresses))), refused, addresses.join())
  assert.deepEqual(await send(channelTo(url, ["global", "private"], async () => at("127.0.0.1"))), refused)
  assert.deepEqual(
    await send(channelTo(url, ["global"], async () => Array.from({ length: 65 }, () => at("1.1.1.1")).flat())),
    refused,
  )
  assert.equal(receiver.posts.length, 0)
})

test("a name is resolved once an attempt, and what was judged is what is connected to", async () => {
  await using receiver = await startReceiver()
  const asked: string[] = []
  // Good the first time and bad the second, as a name does that is being rebound.
  const rebinding: Resolve = async (host) => {
    asked.push(host)
    return at(asked.length % 2 === 1 ? "127.0.0.1" : "10.0.0.1")
  }
  const channel = channelTo(`http://hooks.example:${receiver.port}/x`, ["loopback"], rebinding)
  assert.equal(await send(channel), undefined)
  assert.deepEqual(asked, ["hooks.example"])
  assert.equal(receiver.posts[0]?.headers.host, `hooks.example:${receiver.port}`)
  assert.deepEqual(await send(channel), { code: "address_refused", aside: false })
  assert.deepEqual(asked, ["hooks.example", "hooks.example"])
  assert.equal(receiver.posts.length, 1)
})

test("a name that does not resolve, and a port where nobody listens", async () => {
  for (const resolve of [async () => [], () => Promise.reject(new Error("ENOTFOUND"))])
    assert.deepEqual(await send(channelTo("http://x.example/", ["global"], resolve)), {
      code: "unresolved",
      aside: false,
    })
  const receiver = await startReceiver()
  await receiver[Symbol.asyncDispose]()
  assert.deepEqual(await send(channelTo(receiver.url)), { code: "connection_failed", aside: false })
})

test("over TLS the name is in SNI and on the certificate, though the connection goes to the address", {
  skip: noOpenssl,
}, async () => {
  const own = selfSigned("hooks.example")
  const before = getCACertificates("default")
  after(() => setDefaultCACertificates(before))
  setDefaultCACertificates([...before, own.cert])
  await using receiver = await startReceiver(0, own)
  const names: unknown[] = []
  const here: Resolve = async () => at("127.0.0.1")
  receiver.answers = (response) => {
    names.push((response.socket as { servername?: unknown } | null)?.servername)
    response.writeHead(204).end()
  }
  assert.equal(await send(channelTo(`https://hooks.example:${receiver.port}/`, ["loopback"], here)), undefined)
  assert.deepEqual(names, ["hooks.example"])
  const failed = { code: "tls_failed", aside: false }
  assert.deepEqual(await send(channelTo(`https://other.example:${receiver.port}/`, ["loopback"], here)), failed)
  assert.deepEqual(await send(channelTo(receiver.url)), failed)
  setDefaultCACertificates(before)
  await using again = await startReceiver(0, own)
  assert.deepEqual(await send(channelTo(`https://hooks.example:${again.port}/`, ["loopback"], here)), failed)
  await using plain = await startReceiver()
  assert.deepEqual(await send(channelTo(`https://127.0.0.1:${plain.port}/`)), failed)
  assert.equal(again.posts.length + plain.posts.length + receiver.posts.length, 1)
})

test("an attempt ends within its five seconds: no answer, a slow head, and a name that never resolves", async () => {
  await using receiver = await startReceiver()
  receiver.answers = () => undefined
  const drip = createServer((socket) => {
    socket.on("error", () => undefined)
    const timer = setInterval(() => socket.write("HTTP/1.1 200 OK\r\n".slice(0, 1)), 200)
    socket.on("close", () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => drip.listen(0, "127.0.0.1", resolve))
  const { port } = drip.address() as AddressInfo
  const began = performance.now()
  const late = { code: "timeout", aside: false }
  const [silent, , unresolved] = await Promise.all([
    send(channelTo(receiver.url)),
    send(channelTo(`http://127.0.0.1:${port}/`)),
    send(channelTo("http://x.example/", ["global"], () => new Promise(() => undefined))),
  ])
  assert.deepEqual([silent, unresolved], [late, late])
  const took = performance.now() - began
  assert.ok(took > 4_500 && took < 20_000, String(took))
  await new Promise((resolve) => drip.close(resolve))
})

test("of a huge or endless answer little is read, and its status stands", async () => {
  await using receiver = await startReceiver()
  const written: number[] = []
  receiver.answers = (response: ServerResponse) => {
    response.writeHead(200)
    let bytes = 0
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384))) bytes += 16_384
    }
    response.on("drain", more).on("error", () => undefined)
    response.on("close", () => written.push(bytes))
    more()
  }
  assert.equal(await send(channelTo(receiver.url)), undefined)
  receiver.answers = (response: ServerResponse) => {
    response.writeHead(500)
    response.write("and nothing more")
  }
  const began = performance.now()
  assert.deepEqual(await send(channelTo(receiver.url)), { code: "status_500", aside: false })
  assert.ok(performance.now() - began < 20_000)
  assert.ok((written[0] ?? Number.POSITIVE_INFINITY) < 64 * 2 ** 20, String(written))
})

test("a head larger than Node takes, or that is no HTTP, fails and says nothing of it", async () => {
  for (const answer of [`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`, "SSH-2.0-OpenSSH\r\n", ""]) {
    const server = createServer((socket) =>
      socket
        .on("error", () => undefined)
        .resume()
        .end(answer),
    )
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    assert.deepEqual(await send(channelTo(`http://127.0.0.1:${port}/`)), { code: "connection_failed", aside: false })
    await new Promise((resolve) => server.close(resolve))
  }
})

test("an attempt is given up with its signal", async () => {
  await using receiver = await startReceiver()
  receiver.answers = () => undefined
  const stop = new AbortController()
  const sent = channelTo(receiver.url).deliver(MESSAGE, stop.signal)
  stop.abort()
  assert.deepEqual(await sent, { code: "timeout", aside: false })
})
