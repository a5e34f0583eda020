import { TylerError } from "./errors.ts"

/** Strict JSON (RFC 8259): no duplicate keys, no key `__proto__`, bounded depth, numbers that come back as written. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Nesting allowed in a request body around the value itself. */
export const BODY_DEPTH = 40

/**
 * Parses one JSON text. Walks the text once before `JSON.parse` so that depth and duplicate keys are refused before
 * any object exists; V8's own message is never passed on, because it quotes the text.
 */
export function parseJson(text: string, maxDepth: number = BODY_DEPTH): Json {
  const exact = scan(text, maxDepth)
  const parsed = parseStrictly(text)
  if (!exact)
    throw new TylerError("value_not_exact", {
      error: "A number in the body would not survive exactly; send it as text",
    })
  return parsed
}

function parseStrictly(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new TylerError("invalid_json")
  }
}

const QUOTE = 34
const BACKSLASH = 92

/**
 * Tracks containers and the keys of each open object; leaves grammar to JSON.parse. Answers whether every number would
 * come back with the same spelling: `1.0`, `1e3`, `-0` and 2^53+1 would not, and are refused, never repaired.
 */
function scan(text: string, maxDepth: number): boolean {
  let exact = true
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      if (keys && isKey(text, end)) addKey(keys, text.slice(at, end + 1))
      at = end
    } else if (code === 123 /* { */ || code === 91 /* [ */) {
      if (open.length >= maxDepth)
        throw new TylerError("invalid_json", { error: `The body nests deeper than ${maxDepth}` })
      open.push(code === 123 ? new Set() : null)
    } else if (code === 125 /* } */ || code === 93 /* ] */) {
      open.pop()
    } else if (code === 45 /* - */ || (code >= 48 && code <= 57)) {
      const source = numberAt(text, at)
      if (String(Number(source)) !== source) exact = false
      at += source.length - 1
    }
  }
  return exact
}

const NUMBER = /[-+0-9.eE]+/y

function numberAt(text: string, start: number): string {
  NUMBER.lastIndex = start
  return NUMBER.exec(text)?.[0] ?? ""
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  throw new TylerError("invalid_json")
}

function isKey(text: string, end: number): boolean {
  let at = end + 1
  while (at < text.length && " \t\n\r".includes(text.charAt(at))) at++
  return text.charAt(at) === ":"
}

function addKey(keys: Set<string>, quoted: string): void {
  const key = quoted.includes("\\") ? unescaped(quoted) : quoted.slice(1, -1)
  if (key === "__proto__") throw new TylerError("invalid_json", { error: "The key __proto__ is not accepted" })
  if (keys.has(key)) throw new TylerError("invalid_json", { error: "The body repeats a key" })
  keys.add(key)
}

function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw new TylerError("invalid_json")
  }
}
