import assert from "node:assert/strict"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { mailChannel, type MailServer } from "../../src/adapters/mail/channel.ts"
import type { Message, Undelivered } from "../../src/notice/channel.ts"
import { noOpenssl, selfSigned } from "../kit/certificate.ts"
import { startMailbox } from "../kit/mailbox.ts"

const NEVER = new AbortController().signal
const skip = noOpenssl
let own = { cert: "", key: "" }
let stranger = { cert: "", key: "" }
const known = getCACertificates("default")

before(() => {
  if (skip) return
  own = selfSigned("localhost")
  stranger = selfSigned("localhost")
  setDefaultCACertificates([...known, own.cert])
})
after(() => setDefaultCACertificates(known))

function server(port: number, over: Partial<MailServer> = {}): MailServer {
  return { host: "localhost", port, security: "starttls", login: null, from: "tyler@example.com", ...over }
}

const MESSAGE: Message = {
  id: "6f1c1f0e-6f0e-4a53-9f0a-5b1f0e9a7c11",
  kind: "password_changed",
  createdAt: Date.UTC(2026, 10, 24, 12),
  facts: { account: "zoë", by: "ada" },
  subject: "The password of zoë was changed",
  text: "One line.\n.\nFrom here on another.\n",
  link: null,
  to: "zoe@example.org",
}

const send = (to: MailServer, over: Partial<Message> = {}): Promise<Undelivered | undefined> =>
  mailChannel(to).deliver({ ...MESSAGE, ...over }, NEVER)

test("one mail over STARTTLS, to one person, with what keeps robots from answering", { skip }, async () => {
  await using box = await startMailbox(own)
  assert.equal(await send(server(box.port, { login: { user: "tyler", pass: "right" } })), undefined)
  const [mail, ...more] = box.mails
  assert.equal(more.length, 0)
  assert.deepEqual(
    [mail?.from, mail?.to, mail?.secure, mail?.user],
    ["tyler@example.com", ["zoe@example.org"], true, "tyler"],
  )
  const head = box.head()
  assert.equal(head.get("from"), "Tyler Setup <tyler@example.com>")
  assert.equal(head.get("to"), "zoe@example.org")
  assert.equal(head.get("message-id"), `<${MESSAGE.id}@example.com>`)
  assert.equal(head.get("auto-submitted"), "auto-generated")
  assert.equal(Date.parse(head.get("date") ?? ""), MESSAGE.createdAt)
  assert.match(head.get("subject") ?? "", /^=\?UTF-8\?/i)
  assert.match(mail?.raw ?? "", /One line\.\r\n\.\r\nFrom here on another\./)
})

test("smtps is TLS from the first byte", { skip }, async () => {
  await using box = await startMailbox({ ...own, secure: true })
  assert.equal(await send(server(box.port, { security: "tls" })), undefined)
  assert.equal(box.mails[0]?.secure, true)
})

test("without STARTTLS nothing is said to another machine, password and mail least of all", async () => {
  await using box = await startMailbox({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] })
  const said: string[] = []
  const bare = createServer((socket) => {
    socket.on("error", () => undefined).setEncoding("latin1")
    socket.write("220 bare\r\n")
    socket.on("data", (text: string) => {
      said.push(text)
      socket.write(text.startsWith("EHLO") ? "250-bare\r\n250 AUTH PLAIN LOGIN\r\n" : "502 no\r\n")
    })
  })
  await new Promise<void>((resolve) => bare.listen(0, "127.0.0.1", resolve))
  const login = { user: "tyler", pass: "right" }
  assert.deepEqual(await send(server(box.port, { login })), { code: "tls_failed", aside: false })
  assert.deepEqual(await send(server((bare.address() as AddressInfo).port, { login })), {
    code: "tls_failed",
    aside: false,
  })
  assert.equal(box.mails.length, 0)
  assert.ok(said.length >= 1 && said.every((text) => /^(EHLO|STARTTLS|QUIT)/.test(text)), JSON.stringify(said))
  await new Promise((resolve) => bare.close(resolve))
})

test("to a relay on this machine mail goes as it is", async () => {
  await using box = await startMailbox({ disabledCommands: ["STARTTLS"] })
  assert.equal(await send(server(box.port, { security: "plain" })), undefined)
  assert.equal(box.mails[0]?.secure, false)
})

test("a certificate of somebody else's is refused, and a wrong password", { skip }, async () => {
  await using foreign = await startMailbox(stranger)
  await using direct = await startMailbox({ ...stranger, secure: true })
  for (const to of [server(foreign.port), server(direct.port, { security: "tls" })])
    assert.deepEqual(await send(to), { code: "connection_failed", aside: false })
  await using box = await startMailbox(own)
  const login = { user: "tyler", pass: "wrong" }
  assert.deepEqual(await send(server(box.port, { login })), { code: "login_refused", aside: false })
  assert.equal(foreign.mails.length + direct.mails.length + box.mails.length, 0)
})

test("no text starts a header or names another recipient", { skip }, async () => {
  await using box = await startMailbox(own)
  const evil = "x\r\nBcc: eve@example.net\r\n\r\nbody"
  assert.equal(await send(server(box.port), { subject: evil, text: evil }), undefined)
  const names = [...box.head().keys()]
  assert.ok(!names.includes("bcc"), names.join())
  assert.deepEqual(box.mails[0]?.to, ["zoe@example.org"])
  for (const to of [
    "a@example.org, eve@example.net",
    "a@example.org\r\nRCPT TO:<eve@example.net>",
    "<a@example.org>, <eve@example.net>",
  ])
    assert.deepEqual(await send(server(box.port), { to }), { code: "bad_address", aside: true })
  assert.equal(box.mails.length, 1)
})

test("what is refused for good stands aside; what is refused for now does not", { skip }, async () => {
  for (const [responseCode, aside] of [
    [550, true],
    [451, false],
  ] as const) {
    await using box = await startMailbox({
      ...own,
      onRcptTo: (_, __, done) => done(Object.assign(new Error("secret text of theirs"), { responseCode })),
    })
    assert.deepEqual(await send(server(box.port)), { code: `status_${responseCode}`, aside })
  }
})

test("a server that hangs is left, and one that is not there", async () => {
  const stop = new AbortController()
  const silent = createServer((socket) => socket.on("error", () => undefined).resume())
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
  const { port } = silent.address() as AddressInfo
  const sent = mailChannel(server(port)).deliver(MESSAGE, stop.signal)
  setTimeout(() => stop.abort(), 200)
  assert.deepEqual(await sent, { code: "timeout", aside: false })
  await new Promise((resolve) => silent.close(resolve))
  assert.deepEqual(await send(server(port)), { code: "connection_failed", aside: false })
})
