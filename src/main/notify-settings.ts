import type { MailServer } from "../adapters/mail/channel.ts"
import type { SyslogServer } from "../adapters/syslog/channel.ts"
import { parseEmail } from "../core/email.ts"
import { type Reach, reachOf } from "../core/network.ts"
import { canonicalAddress, isLoopbackName } from "../http/address.ts"
import type { Kind } from "./kinds.ts"
import { bareHost } from "./urls.ts"

/** URLs are not quoted: paths of webhooks are often secret, and the mail server's URL holds a password. */

const LONGEST_URL = 2_048

export const webhookUrl: Kind<string> = {
  accepts: "`https://` URL; `http://` to this machine in development",
  parse: (text) => {
    const url = text.length <= LONGEST_URL && URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || !["http:", "https:"].includes(url.protocol))
      return { fault: `must be an https:// URL of at most ${LONGEST_URL} characters` }
    if (url.username !== "" || url.password !== "") return { fault: "must not carry a user or a password" }
    return url.hash === "" ? { value: url.href } : { fault: "must not carry a fragment" }
  },
}

/** A host that a webhook may name; `private` lets the name lead into a private network. */
export interface AllowedHost {
  readonly host: string
  readonly private: boolean
}

const MAX_HOSTS = 64
const NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const MARK = "private:"

/** `hooks.example.com, private:hooks.corp.example, 10.2.3.4`. An address says where it leads, so it needs no mark. */
export const allowedHosts: Kind<readonly AllowedHost[]> = {
  accepts: "host names and addresses separated by commas",
  parse: (text) => {
    const parts = text.split(",").map((part) => part.trim())
    if (parts.length > MAX_HOSTS) return { fault: `must list at most ${MAX_HOSTS} hosts` }
    const hosts = parts.map(allowedHost)
    const odd = hosts.indexOf(undefined)
    if (odd === -1) return { value: hosts.filter((host) => host !== undefined) }
    return {
      fault: `must list hosts such as hooks.example.com, private:hooks.corp.example or 10.2.3.4 (no wildcards, ports, link-local or multicast addresses); this is not one: ${JSON.stringify(parts[odd]?.slice(0, 60))}`,
    }
  },
}

function allowedHost(text: string): AllowedHost | undefined {
  const marked = text.startsWith(MARK)
  const host = (marked ? text.slice(MARK.length) : text).toLowerCase()
  const reach = reachOf(host)
  if (reach !== undefined)
    return marked || reach === "never" ? undefined : { host: canonicalAddress(host) ?? host, private: false }
  // What URLs read as an IPv4 address (`127.1`, `0x7f000001`) is no name.
  return NAME.test(host) && URL.parse(`http://${host}`)?.hostname === host ? { host, private: marked } : undefined
}

function hostOf(url: string): string {
  const host = bareHost(new URL(url))
  return canonicalAddress(host) ?? host
}

function listed(url: string, hosts: readonly AllowedHost[]): AllowedHost | undefined {
  return hosts.find(({ host }) => host === hostOf(url))
}

/** Completes the sentence "NOTIFY_WEBHOOK_URL ...", or "NOTIFY_SLACK_URL ...". */
export function webhookFault(url: string, hosts: readonly AllowedHost[], development: boolean): string | undefined {
  const plain = new URL(url).protocol === "http:"
  if (plain && !(development && isLoopbackName(hostOf(url))))
    return "must be https:// unless it is on this machine and TYLER_ENVIRONMENT=development"
  return listed(url, hosts) === undefined ? "names a host that is not in NOTIFY_ALLOWED_HOSTS" : undefined
}

/** Where the addresses of the URL's host may lead. */
export function reachesOf(url: string, hosts: readonly AllowedHost[], development: boolean): readonly Reach[] {
  const reach = reachOf(hostOf(url))
  if (reach !== undefined) return [reach]
  const here = development && isLoopbackName(hostOf(url))
  return [
    "global",
    ...(listed(url, hosts)?.private === true ? (["private"] as const) : []),
    ...(here ? (["loopback"] as const) : []),
  ]
}

/** Where syslog is spoken; the ports are those of RFC 5425, 6587 and 5426. */
const SYSLOG_PORTS = { tls: 6514, tcp: 601, udp: 514 } as const

export const syslogUrl: Kind<SyslogServer> = {
  accepts: "`tls://HOST`, `tcp://HOST` or `udp://HOST`, with `:PORT` or not",
  parse: (text) => {
    const url = text.length <= LONGEST_URL ? URL.parse(text) : null
    const transport = url?.protocol.slice(0, -1)
    if (url === null || (transport !== "tls" && transport !== "tcp" && transport !== "udp"))
      return { fault: "must be a tls://, tcp:// or udp:// URL" }
    if (!["", "/"].includes(url.pathname) || url.search + url.hash + url.username + url.password !== "")
      return { fault: "must be a host, and a port or none" }
    const host = bareHost(url).toLowerCase()
    if (canonicalAddress(host) === undefined && !NAME.test(host)) return { fault: "must name one host" }
    return { value: { transport, host, port: url.port === "" ? SYSLOG_PORTS[transport] : Number(url.port) } }
  },
}

const MOST_ADDRESSES = 16

export const mailAddresses: Kind<readonly string[]> = {
  accepts: `1 to ${MOST_ADDRESSES} mail addresses separated by commas`,
  parse: (text) => {
    const found = text.split(",").map((part) => parseEmail(part.trim()))
    const value = found.filter((one) => one !== undefined)
    return value.length < found.length || value.length > MOST_ADDRESSES
      ? { fault: `must be 1 to ${MOST_ADDRESSES} mail addresses separated by commas` }
      : { value: [...new Set(value)] }
  },
}

/** CloudWatch takes 1,024 characters of description, of which a text and a name take 200. */
const LONGEST_RUNBOOKS = 700

export const runbookUrl: Kind<string> = {
  accepts: `\`https://\` or \`http://\` URL of at most ${LONGEST_RUNBOOKS} characters`,
  parse: (text) => {
    const url = text.length <= LONGEST_RUNBOOKS ? URL.parse(text) : null
    if (url === null || !["http:", "https:"].includes(url.protocol))
      return { fault: `must be an https:// URL of at most ${LONGEST_RUNBOOKS} characters` }
    if (url.username + url.password + url.search + url.hash !== "")
      return { fault: "must not carry a user, a query or a fragment" }
    return { value: url.href.replace(/\/+$/, "") }
  },
}

export const smtpUrl: Kind<URL> = {
  accepts: "`smtps://USER:PASSWORD@HOST`, or `smtp://` with STARTTLS",
  parse: (text) => {
    const url = text.length <= LONGEST_URL && URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || !["smtp:", "smtps:"].includes(url.protocol))
      return { fault: "must be an smtps:// or smtp:// URL" }
    if (!["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "")
      return { fault: "must end after host and port" }
    if (canonicalAddress(bareHost(url)) === undefined && !NAME.test(bareHost(url).toLowerCase()))
      return { fault: "must name one host" }
    if ((url.username === "") !== (url.password === "")) return { fault: "must carry user and password, or neither" }
    return decodable(url.username) && decodable(url.password)
      ? { value: url }
      : { fault: "carries a user or a password that is not percent-encoded UTF-8" }
  },
}

function decodable(text: string): boolean {
  try {
    return !/[\r\n\0]/.test(decodeURIComponent(text))
  } catch {
    return false
  }
}

/** On this machine no TLS is asked for, and none is used on `smtp://`: certificates of local relays are nobody's. */
export function smtpServer(url: URL, from: string): MailServer {
  const tls = url.protocol === "smtps:"
  const host = bareHost(url)
  return {
    host,
    port: url.port === "" ? (tls ? 465 : 587) : Number(url.port),
    security: tls ? "tls" : isLoopbackName(host) ? "plain" : "starttls",
    login:
      url.username === "" ? null : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    from,
  }
}

export const mailAddress: Kind<string> = {
  accepts: "one mail address",
  parse: (text) => {
    const value = parseEmail(text)
    return value === undefined ? { fault: "must be one mail address, such as tyler@example.com" } : { value }
  },
}
