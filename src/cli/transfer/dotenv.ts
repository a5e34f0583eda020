import { contentOf, type Entry, type Fault } from "./entry.ts"

const BLANK = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y
const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/y
const REST = /[^\n]*/y
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", '"': '"', $: "$", "`": "`" }

/**
 * A `.env` file. There is no standard, and readers differ: what they read in different ways is refused, with its line,
 * unless quotes settle it. Nothing is expanded.
 */
export function parseDotenv(text: string, fault: Fault): readonly Entry[] {
  const nul = text.indexOf("\0")
  if (nul !== -1) throw fault("holds a NUL byte", linesIn(text, 0, nul) + 1)
  const entries: Entry[] = []
  const lines = new Map<string, number>()
  for (let at = 0, line = 1; at < text.length; ) {
    const blank = matched(BLANK, text, at)
    const found = blank === undefined ? matched(ASSIGNMENT, text, at) : undefined
    if (blank === undefined && found === undefined) throw fault("is neither NAME=VALUE nor a comment", line)
    let end = at + (blank?.[0].length ?? 0)
    if (found) {
      const [all, name = ""] = found
      const earlier = lines.get(name)
      if (earlier !== undefined) throw fault(`${name} stands in line ${earlier} already`, line)
      lines.set(name, line)
      const [value, after] = valueAt(text, at + all.length, (what) => fault(what, line))
      entries.push({ name, content: contentOf(value) })
      end = after
    }
    line += linesIn(text, at, end)
    at = end
  }
  return entries
}

type Told = (what: string) => Error
type Read = readonly [value: string, after: number]

function valueAt(text: string, at: number, fault: Told): Read {
  const quote = text.charAt(at)
  if (quote === '"') return lineEnded(text, escaped(text, at + 1, fault), fault)
  if (quote === "'" || quote === "`") {
    const end = text.indexOf(quote, at + 1)
    if (end === -1) throw fault("the quote is not closed")
    return lineEnded(text, [text.slice(at + 1, end), end + 1], fault)
  }
  const rest = matched(REST, text, at)?.[0] ?? ""
  return [bare(rest, fault), at + rest.length + 1]
}

/** A comment begins at `#` after a space; `a#b` is whole for some readers and `a` for others. */
function bare(rest: string, fault: Told): string {
  const hash = rest.indexOf("#")
  if (hash > 0 && !/[ \t]/.test(rest.charAt(hash - 1))) throw fault("quote a value that holds #")
  return (hash === -1 ? rest : rest.slice(0, hash)).trim()
}

function escaped(text: string, start: number, fault: Told): Read {
  const parts: string[] = []
  for (let at = start, from = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') return [parts.join("") + text.slice(from, at), at + 1]
    if (character !== "\\") continue
    const meant = ESCAPES[text.charAt(at + 1)]
    if (meant === undefined)
      throw fault('in double quotes a backslash stands before n, r, t, \\, ", $ or `; single quotes keep it as it is')
    parts.push(text.slice(from, at), meant)
    at++
    from = at + 1
  }
  throw fault("the quote is not closed")
}

function lineEnded(text: string, [value, end]: Read, fault: Told): Read {
  const blank = matched(BLANK, text, end)
  if (blank === undefined) throw fault("something follows the closing quote")
  return [value, end + blank[0].length]
}

function matched(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function linesIn(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) count++
  return count
}
