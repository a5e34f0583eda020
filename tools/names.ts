/** What documents may name, as the code has it. */
export interface Known {
  /** Scripts of package.json. */
  readonly scripts: ReadonlySet<string>
  /** Words of a `tyler` command -> its options, without the hyphens. */
  readonly commands: ReadonlyMap<string, ReadonlySet<string>>
  readonly serverCommands: ReadonlySet<string>
  /** Environment variables. */
  readonly variables: ReadonlySet<string>
  /** Error code -> status. */
  readonly statuses: ReadonlyMap<string, number>
  /** `POST /api/secrets/{name}/access` */
  readonly routes: ReadonlySet<string>
  /** Whether a word stands anywhere in the sources. */
  inSources(word: string): boolean
  /** Whether a path is a file or folder: below the root, below `src`, or beside the document. */
  exists(path: string, document: string): boolean
}

type Rule = (code: string, known: Known, file: string) => readonly string[]

/** One line for each thing that a document names and that does not exist. Looks at code only: spans and fences. */
export function unknownNames(file: string, text: string, known: Known): readonly string[] {
  const pieces = codeOf(text)
  const faults = [
    ...pieces.flatMap((code) => RULES.flatMap((rule) => rule(code, known, file))),
    ...wrongStatuses(text, known),
  ]
  return [...new Set(faults)].map((fault) => `${file}: ${fault}`)
}

/** Lines of fences and the texts of spans. */
function codeOf(text: string): readonly string[] {
  const fences = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].flatMap(([, body = ""]) => body.split("\n"))
  const prose = text.replace(/^```[^\n]*\n[\s\S]*?^```/gm, "")
  return [...fences, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span)]
}

const RULES: readonly Rule[] = [scripts, commands, serverCommands, variables, words, routes, paths]

function scripts(code: string, known: Known): string[] {
  return [...code.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !known.scripts.has(name))
    .map((name) => `npm run ${name} is no script of package.json`)
}

/** Where `tyler` begins a command: at the start, after npx, a pipe, `&&` or `(`. */
const TYLER = /(?:^|npx |[|&(] ?)tyler ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)([^|&)#]*)/g

function commands(code: string, known: Known): string[] {
  return [...code.matchAll(TYLER)].flatMap(([, words = "", rest = ""]) => {
    const [first = ""] = words.split(" ")
    if (first === "help") return []
    const name = known.commands.has(words) ? words : first
    const options = known.commands.get(name)
    if (options === undefined) return [`tyler ${words} is no command`]
    const [own = ""] = rest.split(" -- ")
    return [...own.matchAll(/ --([a-z][a-z-]*)/g)]
      .map(([, option = ""]) => option)
      .filter((option) => !options.has(option))
      .map((option) => `tyler ${name} has no option --${option}`)
  })
}

function serverCommands(code: string, known: Known): string[] {
  return [...code.matchAll(/\btyler-server ([a-z-]+)/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !known.serverCommands.has(name))
    .map((name) => `tyler-server ${name} is no command`)
}

/** What begins like a variable of ours, or is given a value, must be one. */
const VARIABLE =
  /\b(?:(?:TYLER|SECRETS?|DATABASE|TLS|ENABLE|AWS|AUDIT_MIRROR|CLOUDWATCH|KMS|MAX_SECRET|OTEL|TRUSTED|PUBLIC|REDIS|LOG)_[A-Z0-9_]*[A-Z0-9]|[A-Z][A-Z_]+(?==))(_?\*)?/g

function variables(code: string, known: Known): string[] {
  return [...code.matchAll(VARIABLE)]
    .filter(([name, star]) =>
      star === undefined
        ? !known.variables.has(name)
        : ![...known.variables].some((one) => one.startsWith(name.slice(0, -star.length))),
    )
    .map(([name]) => `${name} is no variable`)
}

/** Codes, actions, columns and fields: `policy_tampered`, `ROW_TAMPERED`, `quotaUse`. */
function words(code: string, known: Known): string[] {
  const name = /^[a-z]+(?:_[a-z]+)+$|^[A-Z]+(?:_[A-Z]+)+$|^[a-z]+(?:[A-Z][a-z]+)+$/.exec(code)?.[0]
  return name === undefined || known.inSources(name) || known.variables.has(name)
    ? []
    : [`${name} stands nowhere in the sources`]
}

const ROUTE = /^(?:(GET|POST|PUT|PATCH|DELETE) )?(\/(?:api\/|metrics)[^\s?#]*)/

function routes(code: string, known: Known): string[] {
  const [, method, path = ""] = ROUTE.exec(code) ?? []
  if (path === "" || path.includes("...")) return []
  const found = [...known.routes].some((route) => {
    const [verb = "", pattern = ""] = route.split(" ")
    if (method !== undefined && method !== verb) return false
    const shape = pattern.replace(/\{name\}/, ".+").replaceAll(/:\w+/g, "[^/]+")
    return new RegExp(`^${shape}$`).test(path)
  })
  return found ? [] : [`${code} is no route`]
}

/** Something with a slash and a known ending, or a folder. */
const PATH = /^(?:\.\/)?[\w.*-]{2,}(?:\/[\w.*-]+)*(?:\/|\.(?:ts|js|mjs|md|sql|json))$/

function paths(code: string, known: Known, file: string): string[] {
  if (!PATH.test(code) || code.includes("*") || !code.includes("/")) return []
  return known.exists(code, file) ? [] : [`${code} is no file or folder`]
}

/** "503 `policy_tampered`" */
function wrongStatuses(text: string, known: Known): string[] {
  return [...text.matchAll(/\b([45]\d\d) `([a-z_]+)`/g)]
    .filter(([, status, code = ""]) => known.statuses.get(code) !== Number(status))
    .map(([said]) => `${said} is not how that is answered`)
}
