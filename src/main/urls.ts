import { canonicalAddress, isLoopbackName } from "../http/address.ts"
import type { Kind, Parsed } from "./kinds.ts"

/** None of these quotes the text it refuses: it may hold a password. */

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** A host as URLs write it, without the brackets of IPv6. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1")
}

/** An origin (RFC 6454): scheme, host and port. `http` only on a loopback name, where cookies need no Secure. */
export const publicOrigin: Kind<string> = {
  accepts: "`https://` origin, or an `http://` one on a loopback name",
  parse: (text) => {
    const url = parseUrl(text)
    if (url === undefined || !["http:", "https:"].includes(url.protocol)) return { fault: "must be an https:// URL" }
    if (text !== url.origin && text !== `${url.origin}/`) {
      return { fault: `must be a bare origin, spelled ${JSON.stringify(url.origin)}: no path, query or user` }
    }
    if (url.protocol === "http:" && !isLoopbackName(bareHost(url))) {
      return { fault: "must be https:// unless its host is localhost: browsers would not send the session cookie" }
    }
    return { value: url.origin }
  },
}

/** What a connection URL may say; anything else could quietly undo the checks made here. */
const DATABASE_PARAMETERS = ["application_name", "aws-iam", "host", "password", "sslmode", "sslrootcert", "user"]

/**
 * A PostgreSQL URL. On another machine it must carry `sslmode=verify-full`; a loopback address or a socket folder
 * (`?host=/run/postgresql&user=tyler`) needs no TLS.
 */
export const databaseUrl: Kind<string> = {
  accepts: "`postgres://` URL; `?sslmode=verify-full` unless on this machine",
  parse: (text) => {
    const url = parseUrl(text)
    if (url === undefined || !["postgres:", "postgresql:"].includes(url.protocol)) {
      return { fault: "must be a postgres:// URL" }
    }
    const odd = oddParameter(url, DATABASE_PARAMETERS)
    if (odd !== undefined) return { fault: `must not carry the parameter ${odd}` }
    if (url.pathname.length < 2) return { fault: "must name a database: postgres://USER@HOST/DATABASE" }
    const token = tokenFault(url)
    return token === undefined ? judgeDatabaseHost(text, url) : { fault: token }
  },
}

const AWS_REGION = /^[a-z]{2}(-[a-z]+)+-[0-9]$/

/** With `aws-iam=REGION` the password is a token that is made for each connection. */
function tokenFault({ searchParams, username, password, host }: URL): string | undefined {
  const region = searchParams.get("aws-iam")
  if (region === null) return undefined
  if (!AWS_REGION.test(region)) return "must name a Region in aws-iam, such as aws-iam=eu-central-1"
  if (password !== "") return "must not carry a password beside aws-iam: it is made for each connection"
  return username === "" || host === "" ? "must name a user and a host beside aws-iam" : undefined
}

function judgeDatabaseHost(text: string, url: URL): Parsed<string> {
  const socket = url.searchParams.get("host")
  // pg prefers `?host=` to the host before the path; allowing both would make it unclear which one was checked.
  if (socket !== null) {
    if (url.hostname === "" && socket.startsWith("/")) return { value: text }
    return { fault: "may carry host= only as a socket folder, with no other host: postgres:///DATABASE?host=/FOLDER" }
  }
  // A URL without a host has no place for them, any other has one, and two would make it unclear who signs in.
  if (url.searchParams.has("user") || url.searchParams.has("password"))
    return { fault: "may carry user= and password= only beside a socket folder in host=" }
  const host = bareHost(url)
  if (!isHost(host)) return { fault: "must name one host" }
  if (isLoopbackName(host) || url.searchParams.get("sslmode") === "verify-full") return { value: text }
  return { fault: "names another machine, so it must carry sslmode=verify-full" }
}

/** The first parameter that is unknown or given twice. */
function oddParameter(url: URL, known: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (const name of url.searchParams.keys()) {
    if (!known.includes(name) || seen.has(name)) return JSON.stringify(name.slice(0, 40))
    seen.add(name)
  }
  return undefined
}

/** One plain host name or address. Lists (`a,b`) and percent signs would reach the driver unread by the checks above. */
function isHost(host: string): boolean {
  return canonicalAddress(host) !== undefined || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(host)
}
