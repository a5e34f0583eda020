/** A piece of a statement: a name in backquotes, a text in quotes, a word, or one sign. */
interface Word {
  readonly text: string
  readonly at: number
}

const WORD = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|[A-Za-z0-9_$\u0080-\uffff]+|\S/gsu

/** So read, nothing inside a quoted name can be taken for a word of the language. */
function wordsOf(text: string): readonly Word[] {
  return Array.from(text.matchAll(WORD), (found) => ({ text: found[0], at: found.index }))
}

/** A name as MariaDB quotes it; backquotes need no backslashes in any SQL mode. */
function quotedName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``
}

export function account(user: string, host: string): string {
  return `${quotedName(user)}@${quotedName(host)}`
}

/** What one line of SHOW GRANTS gives: rights on something, or a role. */
export interface Grant {
  /** Between GRANT and TO, as the server spelt it. */
  readonly what: string
  /** `GRANT` or `ADMIN`: that it may be passed on. */
  readonly passedOn: string | undefined
}

/** @returns undefined for lines about others (the roles that come along), and for USAGE, which is no right */
export function grantOf(line: string, user: string, host: string): Grant | undefined {
  const words = wordsOf(line)
  const to = words.findIndex(({ text }) => text === "TO")
  const [, name, sign, place] = words.slice(to)
  if (words[0]?.text !== "GRANT" || to < 0 || sign?.text !== "@") return undefined
  if (unquoted(name) !== user || unquoted(place) !== host) return undefined
  const passedOn = words
    .slice(to + 4)
    .find(({ text }, at, rest) => rest[at + 1]?.text === "OPTION" && PASSED_ON.has(text))
  const what = line.slice("GRANT ".length, words[to]?.at).trim()
  if (what === "USAGE ON *.*" && passedOn === undefined) return undefined
  return { what, passedOn: passedOn?.text }
}

/** `SELECT (a), UPDATE ON db.t`: the rights, and what they are on. */
export function partsOf(what: string): { readonly rights: string; readonly on: string } {
  const at = wordsOf(what).find(({ text }) => text === "ON")?.at ?? what.length
  return { rights: what.slice(0, at).trim(), on: what.slice(at + 2).trim() }
}

const PASSED_ON: ReadonlySet<string> = new Set(["GRANT", "ADMIN"])

/** `SET DEFAULT ROLE r FOR u@h`, in SHOW GRANTS. */
export function defaultRoleOf(line: string): string | undefined {
  const words = wordsOf(line).map(({ text }) => text)
  return words.slice(0, 3).join(" ") === "SET DEFAULT ROLE" ? words[3] : undefined
}

/** Of SHOW CREATE USER what holds for whoever logs in: REQUIRE and limits. Neither password nor lock. */
export function optionsOf(created: string): string {
  const words = wordsOf(created)
  const start = words.findIndex(({ text }) => text === "REQUIRE" || text === "WITH")
  if (start < 0) return ""
  const end = words.findIndex(({ text }, at) => at > start && (text === "PASSWORD" || text === "ACCOUNT"))
  return created.slice(words[start]?.at, end < 0 ? undefined : words[end]?.at).trim()
}

/** Whether the account has a password, only that, and of the usual kind, in SHOW CREATE USER. */
export function hasUsualPassword(created: string): boolean {
  const words = wordsOf(created).map(({ text }) => text)
  const at = words.indexOf("IDENTIFIED")
  if (words.includes("OR") || at < 0) return false
  return words[at + 1] === "BY" || (words[at + 1] === "VIA" && words[at + 2] === "mysql_native_password")
}

function unquoted(word: Word | undefined): string | undefined {
  const mark = word?.text.charAt(0)
  if (word === undefined || mark === undefined || !"`'\"".includes(mark)) return word?.text
  return word.text.slice(1, -1).replaceAll(mark + mark, mark)
}
