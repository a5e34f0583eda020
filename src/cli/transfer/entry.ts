import type { Tag } from "../../api/secrets.ts"
import type { Value } from "../../client/body.ts"
import { UsageError } from "../command.ts"

/** One secret as a source has it. */
export interface Entry {
  /** As the source spells it. */
  readonly name: string
  readonly content: Content
  readonly description?: string
  readonly tags?: readonly Tag[]
}

/** `fetch`: the value is somewhere else, and is asked for when it is due. Texts say why there is none, never what it is. */
export type Content =
  | { readonly value: Value }
  | { readonly fetch: () => Promise<Value> }
  | { readonly fault: string }
  | { readonly gone: string }

/** What is wrong with a source, and in which line where there are lines. Never repeats what the source holds. */
export type Fault = (what: string, line?: number) => UsageError

export function faultIn(path: string): Fault {
  const name = path === "-" ? "standard input" : path
  return (what, line) => new UsageError(`${name}: ${line === undefined ? "" : `line ${line}: `}${what}`, "import")
}

/** The server's own bound (docs/api.md). Kept here too: a body far beyond it would end the connection, not be answered. */
const MOST_BYTES = 65_536

/** Text as content: what no secret can hold is told before anything is sent. */
export function contentOf(value: Value): Content {
  // UTF-8 has no fewer bytes than UTF-16 has units: text of 100 MB is not copied to be measured.
  const bytes = typeof value === "string" && value.length > MOST_BYTES ? value.length : bytesOf(value).byteLength
  if (bytes === 0) return { fault: "is empty; a secret holds at least one byte" }
  if (bytes > MOST_BYTES) return { fault: `is longer than ${MOST_BYTES} bytes` }
  if (typeof value === "string" && !value.isWellFormed()) return { fault: "holds half of a surrogate pair" }
  return { value }
}

/** The bytes that the server counts and keeps. */
export function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value), "utf8")
}
