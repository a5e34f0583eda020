import assert from "node:assert/strict"
import { test } from "node:test"
import { createServer, type AddressInfo } from "node:net"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { syslogChannel, type SyslogServer } from "../../src/adapters/syslog/channel.ts"
import { framed, LINE_BYTES, syslogLine } from "../../src/adapters/syslog/line.ts"
import { slackChannel } from "../../src/adapters/webhook/slack.ts"
import type { Message, Undelivered } from "../../src/notice/channel.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { startReceiver } from "../kit/receiver.ts"
import { startDatagrams, startSyslog } from "../kit/syslog.ts"

const FROM = { host: "tyler.example", pid: 4711 }
const NEVER = new AbortController().signal

const MESSAGE: Message = {
  id: "6f1c1f0e-6f0e-4a53-9f0a-5b1f0e9a7c11",
  kind: "alarm",
  createdAt: Date.UTC(2026, 10, 24, 12),
  facts: { alarm: "tyler-setup-mass-reading", state: "raised" },
  subject: "tyler-setup-mass-reading raised: zoë read much",
  text: "one\ntwo\n",
  link: null,
  to: null,
}
const LINE =
  "<81>1 2026-11-24T12:00:00.000Z tyler.example tyler-setup 4711 alarm - \ufeffid=6f1c1f0e-6f0e-4a53-9f0a-5b1f0e9a7c11 tyler-setup-mass-reading raised: zoë read much | one two"

function send(to: SyslogServer, signal: AbortSignal = NEVER): Promise<Undelivered | undefined> {
  return syslogChannel(to, FROM).deliver(MESSAGE, signal)
}

test("a line is what RFC 5424 has: severity by what is said, a head of printable ASCII, UTF-8 after its mark", () => {
  assert.equal(syslogLine(MESSAGE, FROM).toString("utf8"), LINE)
  const over = syslogLine({ ...MESSAGE, facts: { state: "over" } }, { host: "a b\u00e9\n", pid: 1 }).toString("utf8")
  assert.match(over, /^<85>1 2026-11-24T12:00:00\.000Z a\?b\?\? tyler-setup 1 alarm - \ufeff/)
  assert.match(syslogLine(MESSAGE, { host: "", pid: 1 }).toString("utf8"), /Z - tyler-setup/)
  assert.equal(framed(Buffer.from("häh")).toString("utf8"), "4 häh")
})

test("a line holds at its bound, in bytes and never in the middle of a character", () => {
  const bare = syslogLine({ ...MESSAGE, text: "" }, FROM).byteLength
  const sized = (text: string): Buffer => syslogLine({ ...MESSAGE, text }, FROM)
  for (const length of [LINE_BYTES - 1, LINE_BYTES]) assert.equal(sized("x".repeat(length - bare)).byteLength, length)
  assert.equal(sized("x".repeat(LINE_BYTES + 1 - bare)).byteLength, LINE_BYTES)
  for (let shift = 0; shift < 4; shift++) {
    const cut = sized(`${"x".repeat(shift)}${"😀".repeat(LINE_BYTES)}`)
    assert.ok(cut.byteLength <= LINE_BYTES && cut.byteLength > LINE_BYTES - 4)
    assert.ok(!cut.toString("utf8").includes("\ufffd"))
  }
})

test("over TCP, and over UDP", async () => {
  await using stream = await startSyslog()
  assert.equal(await send({ transport: "tcp", host: "127.0.0.1", port: stream.port }), undefined)
  assert.deepEqual(stream.lines, [LINE])
  await using datagrams = await startDatagrams()
  assert.equal(await send({ transport: "udp", host: "127.0.0.1", port: datagrams.port }), undefined)
  assert.deepEqual(datagrams.lines, [LINE])
})

test("over TLS, to a certificate that is good for that name and to no other", { skip: noOpenssl }, async () => {
  const { cert, key } = selfSigned("localhost")
  await using receiver = await startSyslog({ cert, key })
  const to = { transport: "tls", host: "localhost", port: receiver.port } as const
  assert.deepEqual(await send(to), { code: "tls_failed", aside: false })
  const before = getCACertificates("default")
  setDefaultCACertificates([...before, cert])
  try {
    assert.equal(await send(to), undefined)
    assert.deepEqual(await send({ ...to, host: "127.0.0.1" }), { code: "tls_failed", aside: false })
  } finally {
    setDefaultCACertificates(before)
  }
  assert.deepEqual(receiver.lines, [LINE])
})

test("nobody there, nobody of that name, somebody who hangs up at once, and a stop", async () => {
  const port = await freedPort()
  for (const transport of ["tcp", "udp", "tls"] as const)
    assert.deepEqual(
      await send({ transport, host: "127.0.0.1", port }),
      { code: "connection_failed", aside: false },
      transport,
    )
  for (const transport of ["tcp", "udp"] as const)
    assert.deepEqual(await send({ transport, host: "no-such-host.invalid", port }), {
      code: "unresolved",
      aside: false,
    })
  const rude = createServer((socket) => socket.resetAndDestroy())
  await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve))
  const at = (rude.address() as AddressInfo).port
  const told = await send({ transport: "tcp", host: "127.0.0.1", port: at })
  rude.close()
  assert.equal(told?.code, "connection_failed")
  await using receiver = await startSyslog()
  const gone = await send({ transport: "tcp", host: "127.0.0.1", port: receiver.port }, AbortSignal.abort())
  assert.deepEqual(gone, { code: "timeout", aside: false })
  assert.deepEqual(receiver.lines, [])
})

async function freedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test("Slack: one text, in which nothing mentions anybody, leads anywhere or ends the bold part", async () => {
  await using receiver = await startReceiver()
  const channel = slackChannel({ url: receiver.url, allowed: ["loopback"] }, async () => [
    { address: "127.0.0.1", family: 4 },
  ])
  const evil = { ...MESSAGE, subject: "<!channel> a*b & <https://evil.example|here>" }
  assert.equal(await channel.deliver(evil, NEVER), undefined)
  const [post] = receiver.posts
  assert.deepEqual(JSON.parse(post?.body ?? ""), {
    text: "*&lt;!channel&gt; a\u2217b &amp; &lt;https://evil.example|here&gt;*\none\ntwo",
  })
  assert.equal(post?.headers["content-type"], "application/json")
  assert.equal(post?.headers["tyler-signature"], undefined, "no secret of another receiver")
  receiver.answers = 404
  assert.deepEqual(await channel.deliver(MESSAGE, NEVER), { code: "status_404", aside: false })
})
