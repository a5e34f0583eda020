import { resolve } from "node:path"
import { parseName } from "../core/name.ts"
import { canonicalAddress } from "../http/address.ts"
import { parseTrustedProxies } from "../http/proxy.ts"
import { parseUsername } from "../identity/username.ts"

export type Parsed<T> = { readonly value: T } | { readonly fault: string }

/** How the text of one variable becomes a value. A fault completes the sentence "NAME ...". */
export interface Kind<T> {
  /** What is accepted, for the table in the documents. */
  readonly accepts: string
  parse(text: string, cwd: string): Parsed<T>
}

const QUOTED = 60

/** The offending text, escaped and bounded. Only for kinds that never hold a secret. */
function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}...` : text)
}

const GROUPED = new Intl.NumberFormat("en-US")

/** Decimal digits only: no sign, no leading zero, no exponent. Bounds inclusive. */
export function integer(min: number, max: number, unit = ""): Kind<number> {
  const accepts = `integer from ${GROUPED.format(min)} to ${GROUPED.format(max)}${unit === "" ? "" : ` ${unit}`}`
  return {
    accepts,
    parse: (text) => {
      const value = /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? { value } : { fault: `must be an ${accepts}, not ${quote(text)}` }
    },
  }
}

export const flag: Kind<boolean> = {
  accepts: "`true` or `false`",
  parse: (text) => {
    if (text === "true" || text === "false") return { value: text === "true" }
    return { fault: `must be true or false, not ${quote(text)}` }
  },
}

export function choice<const T extends string>(...options: readonly T[]): Kind<T> {
  return {
    accepts: options.map((option) => `\`${option}\``).join(", "),
    parse: (text) => {
      const value = options.find((option) => option === text)
      return value === undefined ? { fault: `must be ${options.join(" or ")}, not ${quote(text)}` } : { value }
    },
  }
}

/** Text of a fixed shape, such as an ARN. */
export function shaped(accepts: string, shape: RegExp): Kind<string> {
  return {
    accepts,
    parse: (text) => (shape.test(text) ? { value: text } : { fault: `must be ${accepts}, not ${quote(text)}` }),
  }
}

/** Made absolute at once, so that a later change of the working directory moves nothing. */
export function path(what: "file" | "folder"): Kind<string> {
  return { accepts: `path of a ${what}`, parse: (text, cwd) => ({ value: resolve(cwd, text) }) }
}

/** What `listen` accepts without asking DNS. */
export const bindAddress: Kind<string> = {
  accepts: "IP address or `localhost`",
  parse: (text) => {
    if (text === "localhost") return { value: text }
    const value = canonicalAddress(text)
    return value === undefined
      ? { fault: `must be an IP address (IPv6 without brackets) or localhost, not ${quote(text)}` }
      : { value }
  },
}

/** Names under the prefix must still fit the 512 bytes AWS allows, so the prefix takes at most a quarter of them. */
export const PREFIX_LIMIT = 128

export const secretPrefix: Kind<string> = {
  accepts: `secret name of at most ${PREFIX_LIMIT} characters`,
  parse: (text) => {
    const result = parseName(text, PREFIX_LIMIT)
    if ("name" in result) return { value: result.name }
    return {
      fault: `must be a secret name of at most ${PREFIX_LIMIT} characters (${result.fault}), not ${quote(text)}`,
    }
  },
}

export const proxies: Kind<readonly string[]> = {
  accepts: "CIDRs separated by commas",
  parse: (text) => {
    const result = parseTrustedProxies(text)
    return "fault" in result ? result : { value: result.cidrs }
  },
}

const MOST_RECIPIENTS = 16

/** Their checksums are looked at when a backup is made: a start loads nothing of age. */
export const recipients: Kind<readonly string[]> = {
  accepts: `1 to ${MOST_RECIPIENTS} X25519 recipients of age (\`age1...\`) separated by commas`,
  parse: (text) => {
    const names = text.split(",").map((name) => name.trim())
    const odd = names.find((name) => !/^age1[02-9ac-hj-np-z]{58}$/.test(name))
    if (odd !== undefined) return { fault: `must be X25519 recipients of age (age1...), not ${quote(odd)}` }
    return names.length > MOST_RECIPIENTS
      ? { fault: `must be at most ${MOST_RECIPIENTS} recipients` }
      : { value: names }
  },
}

const MOST_NAMES = 32

/** User names as they are kept: nobody is named by a spelling that a login would change. */
export const userNames: Kind<readonly string[]> = {
  accepts: `1 to ${MOST_NAMES} user names separated by commas`,
  parse: (text) => {
    const names = text.split(",").map((name) => name.trim())
    const odd = names.find((name) => {
      const parsed = parseUsername(name)
      return !("name" in parsed) || parsed.name !== name
    })
    if (odd !== undefined) return { fault: `must be user names separated by commas, not ${quote(text)}` }
    return names.length > MOST_NAMES ? { fault: `must be at most ${MOST_NAMES} user names` } : { value: names }
  },
}
