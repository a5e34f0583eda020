import assert from "node:assert/strict"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { webhookSecret } from "./channels.ts"
import { type Config, parseConfig } from "./config.ts"
import type { Environment } from "./environment.ts"

const HOOK = {
  NOTIFY_WEBHOOK_URL: "https://hooks.example.com/x?y=z",
  NOTIFY_WEBHOOK_SECRET_FILE: "/etc/tyler/secret",
  NOTIFY_ALLOWED_HOSTS: "hooks.example.com",
}
const MAIL = { SMTP_URL: "smtps://mail.example.com", SMTP_FROM: "tyler@example.com" }

function accepted(env: Environment): Config["notices"] {
  const result = parseConfig(env, "/srv")
  assert.ok("config" in result, JSON.stringify(result))
  return result.config.notices
}

function refused(env: Environment, fault: RegExp): void {
  const result = parseConfig(env, "/srv")
  assert.ok("faults" in result, JSON.stringify(env))
  assert.match(result.faults.join("\n"), fault)
  assert.equal(result.faults.length, 1, result.faults.join("\n"))
}

test("a webhook: URL, secret and hosts together, and the URL's host on the list", () => {
  assert.deepEqual(accepted(HOOK).webhook, {
    url: HOOK.NOTIFY_WEBHOOK_URL,
    secretFile: HOOK.NOTIFY_WEBHOOK_SECRET_FILE,
    allowed: ["global"],
  })
  for (const name of Object.keys(HOOK)) refused({ ...HOOK, [name]: undefined }, /must be set together/)
  for (const hosts of ["example.com", "hooks.example.com.evil.example", "10.0.0.1"])
    refused({ ...HOOK, NOTIFY_ALLOWED_HOSTS: hosts }, /names a host that is not in NOTIFY_ALLOWED_HOSTS/)
})

test("where a host may lead: the internet, a private network if marked, an address as it is", () => {
  for (const [host, hosts, allowed] of [
    ["hooks.example.com", "other.example, HOOKS.example.com", ["global"]],
    ["hooks.corp.example", "private:hooks.corp.example", ["global", "private"]],
    ["10.2.3.4", "10.2.3.4", ["private"]],
    ["1.1.1.1", "1.1.1.1", ["global"]],
    ["127.0.0.1", "127.0.0.1", ["loopback"]],
    ["[fd00::1]", "fd00::1", ["private"]],
    ["[2606:4700:0:0::1111]", "2606:4700::1111", ["global"]],
  ] as const) {
    const env = { ...HOOK, NOTIFY_WEBHOOK_URL: `https://${host}/`, NOTIFY_ALLOWED_HOSTS: hosts }
    assert.deepEqual(accepted(env).webhook?.allowed, allowed, host)
  }
  const bad = [
    "*",
    "*.example.com",
    "a:443",
    "https://a",
    "a/b",
    "private:",
    "private:10.0.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "0.0.0.0",
    "::",
    "::ffff:10.0.0.1",
    "fe80::1",
    "127.1",
    "0x7f000001",
    "a b",
    "a,,b",
    "-a",
    `${"a".repeat(64)}.b`,
  ]
  for (const hosts of bad) refused({ ...HOOK, NOTIFY_ALLOWED_HOSTS: hosts }, /^NOTIFY_ALLOWED_HOSTS must list hosts/)
  const many = (count: number): string => Array.from({ length: count }, (_, at) => `h${at}.example`).join(",")
  const url = { ...HOOK, NOTIFY_WEBHOOK_URL: "https://h0.example/" }
  for (const count of [63, 64]) accepted({ ...url, NOTIFY_ALLOWED_HOSTS: many(count) })
  refused({ ...url, NOTIFY_ALLOWED_HOSTS: many(65) }, /at most 64 hosts/)
})

test("http goes to this machine in development, and nowhere else", () => {
  const plain = (host: string, more: Environment = {}) => ({
    ...HOOK,
    NOTIFY_WEBHOOK_URL: `http://${host}/`,
    NOTIFY_ALLOWED_HOSTS: host,
    ...more,
  })
  const development = { TYLER_ENVIRONMENT: "development" }
  assert.deepEqual(accepted(plain("localhost", development)).webhook?.allowed, ["global", "loopback"])
  assert.deepEqual(accepted(plain("127.0.0.1", development)).webhook?.allowed, ["loopback"])
  for (const env of [
    plain("localhost"),
    plain("127.0.0.1"),
    plain("a.example", development),
    plain("10.0.0.1", development),
  ])
    refused(env, /must be https:\/\/ unless/)
  for (const url of [
    "ftp://hooks.example.com/",
    "x",
    "https://u:p@hooks.example.com/",
    "https://hooks.example.com/#x",
    `https://hooks.example.com/${"x".repeat(2048)}`,
  ])
    refused({ ...HOOK, NOTIFY_WEBHOOK_URL: url }, /^NOTIFY_WEBHOOK_URL must/)
})

test("mail: server and sender together, TLS but for this machine, and no line shows the password", () => {
  const server = (url: string) => accepted({ ...MAIL, SMTP_URL: url }).mail
  const from = MAIL.SMTP_FROM
  for (const [url, expected] of [
    ["smtps://mail.example.com", { host: "mail.example.com", port: 465, security: "tls", login: null, from }],
    ["smtp://mail.example.com", { host: "mail.example.com", port: 587, security: "starttls", login: null, from }],
    ["smtp://localhost:25", { host: "localhost", port: 25, security: "plain", login: null, from }],
    ["smtp://127.0.0.1:2525/", { host: "127.0.0.1", port: 2525, security: "plain", login: null, from }],
    ["smtp://10.0.0.1", { host: "10.0.0.1", port: 587, security: "starttls", login: null, from }],
    [
      "smtps://a%40b:p%2Fw@m.example:99",
      { host: "m.example", port: 99, security: "tls", login: { user: "a@b", pass: "p/w" }, from },
    ],
  ] as const)
    assert.deepEqual(server(url), expected)
  for (const url of [
    "http://x.example",
    "smtp://",
    "smtp://u:hunter2@x.example/path",
    "smtp://x.example?tls=no",
    "smtp://u@x.example",
    "smtp://u:hunter2%ff@x.example",
    "smtp://u:hunter2%0d%0aX@x.example",
    "smtp://a,b",
  ]) {
    refused({ ...MAIL, SMTP_URL: url }, /^SMTP_URL /)
    const result = parseConfig({ ...MAIL, SMTP_URL: url }, "/srv")
    assert.ok(!JSON.stringify(result).includes("hunter2"))
  }
  for (const name of Object.keys(MAIL)) refused({ ...MAIL, [name]: undefined }, /must be set together/)
  refused({ ...MAIL, SMTP_FROM: "Tyler <tyler@example.com>" }, /^SMTP_FROM must be one mail address/)
})

test("the secret holds at its bounds, without the line feed at its end, and is nobody else's to read", () => {
  const folder = mkdtempSync(join(tmpdir(), "tyler-secret-"))
  after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, "secret")
  const holding = (text: string): number => {
    writeFileSync(file, text, { mode: 0o600 })
    return webhookSecret(file).byteLength
  }
  for (const length of [32, 33, 4095, 4096]) {
    assert.equal(holding("x".repeat(length)), length)
    assert.equal(holding(`${"x".repeat(length)}\n`), length)
  }
  for (const text of ["", "x".repeat(31), `${"x".repeat(31)}\n`, "x".repeat(4097)])
    assert.throws(() => holding(text), /must hold 32 to 4096 bytes/)
  writeFileSync(file, "x".repeat(40))
  for (const mode of [0o644, 0o604, 0o620]) {
    chmodSync(file, mode)
    assert.throws(() => webhookSecret(file), /can be read by others or changed by its group/)
  }
  assert.throws(() => webhookSecret(join(folder, "none")), /cannot be opened/)
  assert.throws(() => webhookSecret(folder), /is not a file/)
})

test("Slack: its host is on the list too, with a webhook or without", () => {
  const slack = {
    NOTIFY_SLACK_URL: "https://hooks.slack.example/services/T/B/k",
    NOTIFY_ALLOWED_HOSTS: "hooks.slack.example",
  }
  assert.deepEqual(accepted(slack).slack, { url: slack.NOTIFY_SLACK_URL, allowed: ["global"] })
  assert.equal(accepted(slack).webhook, null)
  const both = { ...HOOK, ...slack, NOTIFY_ALLOWED_HOSTS: "hooks.example.com, private:hooks.slack.example" }
  assert.deepEqual(accepted(both).slack?.allowed, ["global", "private"])
  assert.deepEqual(accepted(both).webhook?.allowed, ["global"])
  refused(
    { ...slack, NOTIFY_ALLOWED_HOSTS: undefined },
    /NOTIFY_SLACK_URL and NOTIFY_ALLOWED_HOSTS must be set together/,
  )
  refused({ ...slack, NOTIFY_ALLOWED_HOSTS: "other.example" }, /NOTIFY_SLACK_URL names a host that is not in/)
  refused({ ...slack, NOTIFY_SLACK_URL: "http://hooks.slack.example/x" }, /NOTIFY_SLACK_URL must be https/)
  refused({ ...both, NOTIFY_WEBHOOK_SECRET_FILE: undefined }, /NOTIFY_WEBHOOK_URL and NOTIFY_WEBHOOK_SECRET_FILE/)
})

test("syslog: how, where, and the ports of its standards", () => {
  const at = (url: string) => accepted({ NOTIFY_SYSLOG_URL: url }).syslog
  assert.deepEqual(at("tls://log.example.com"), { transport: "tls", host: "log.example.com", port: 6514 })
  assert.deepEqual(at("tcp://log.example.com"), { transport: "tcp", host: "log.example.com", port: 601 })
  assert.deepEqual(at("udp://10.0.0.1"), { transport: "udp", host: "10.0.0.1", port: 514 })
  assert.deepEqual(at("tls://[fd00::1]:1514"), { transport: "tls", host: "fd00::1", port: 1514 })
  for (const url of [
    "log.example.com",
    "http://log.example.com",
    "tls://",
    "tls://a/b",
    "tls://u:p@a",
    "tls://a?x",
    "tls://a_!",
  ])
    refused({ NOTIFY_SYSLOG_URL: url }, /NOTIFY_SYSLOG_URL must/)
})

test("alarms: limits at their bounds, who hears of them by mail, and where the runbooks stand", () => {
  const alarms = (env: Environment): Config["alarms"] => {
    const result = parseConfig(env, "/srv")
    assert.ok("config" in result, JSON.stringify(result))
    return result.config.alarms
  }
  assert.deepEqual(alarms({}), { thresholds: {}, mail: null, runbooks: "docs/runbooks" })
  for (const [name, most] of [
    ["ALARM_SECRET_ACCESS", 10_000],
    ["ALARM_FAILED_ACCESS", 10_000],
    ["ALARM_MASS_READING", 1_000],
  ] as const) {
    for (const value of [1, most - 1, most])
      assert.deepEqual(alarms({ [name]: String(value) }).thresholds, { [name]: value })
    for (const value of [0, most + 1]) refused({ [name]: String(value) }, new RegExp(`${name} must be`))
  }
  const many = (count: number): string => Array.from({ length: count }, (_, at) => `a${at}@example.com`).join(", ")
  for (const count of [1, 15, 16]) assert.equal(alarms({ ...MAIL, NOTIFY_ALARM_MAIL: many(count) }).mail?.length, count)
  for (const list of [many(17), "a@example.com,", "no address"])
    refused({ ...MAIL, NOTIFY_ALARM_MAIL: list }, /NOTIFY_ALARM_MAIL must be 1 to 16 mail addresses/)
  refused({ NOTIFY_ALARM_MAIL: many(1) }, /NOTIFY_ALARM_MAIL has no meaning without SMTP_URL/)
  const place = (length: number): string => `https://${"x".repeat(60)}.example/`.padEnd(length, "y")
  for (const length of [699, 700]) assert.equal(alarms({ ALARM_RUNBOOK_URL: place(length) }).runbooks.length, length)
  for (const url of [
    place(701),
    "wiki.example",
    "ftp://wiki.example",
    "https://wiki.example/?a",
    "https://a:b@wiki.example",
  ])
    refused({ ALARM_RUNBOOK_URL: url }, /ALARM_RUNBOOK_URL must/)
})
