/** One import of a module, whether of values or of types. */
export interface Import {
  /** As written; null for a dynamic import of something that is only known when it runs. */
  readonly specifier: string | null
  /** The names as the module exports them; `*` stands for all of them. */
  readonly names: readonly string[]
}

/** `import` and `export ... from` statements begin a line: the formatter sees to that. */
const STATEMENT = /^(?:import|export)\b([^;"'`]*?\bfrom\s*)["']([^"'\n]+)["']/gm
const FOR_EFFECT = /^import\s*["']([^"'\n]+)["']/gm
/** Dynamic imports and `import("...").Type`. */
const CALL = /\bimport\s*\(\s*(?:["']([^"'\n]+)["'])?/g
/** A worker's module, named by its address; its extension may be computed. */
const ADDRESS = /\bnew URL\(\s*[`"'](\.[^"'`$\n]+)(?:\.ts|\.js|\$\{[^}]*\})[`"'],\s*import\.meta\.url/g

/** What a source imports, in any of the ways the language has. Comments are not read as code. */
export function importsOf(source: string): readonly Import[] {
  const code = source.replace(/^\s*(?:\/\/.*|\/?\*.*)$/gm, "")
  const found: Import[] = []
  for (const [, clause = "", specifier = ""] of code.matchAll(STATEMENT)) {
    found.push({ specifier, names: namesIn(clause) })
  }
  for (const [, specifier = ""] of code.matchAll(FOR_EFFECT)) found.push({ specifier, names: [] })
  for (const [, specifier] of code.matchAll(CALL)) found.push({ specifier: specifier ?? null, names: ["*"] })
  for (const [, address = ""] of code.matchAll(ADDRESS)) found.push({ specifier: `${address}.ts`, names: ["*"] })
  return found
}

function namesIn(clause: string): readonly string[] {
  const braces = /\{([^}]*)\}/.exec(clause)
  const named = (braces?.[1] ?? "")
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .map((part) => part.split(/\s+as\s+/)[0] ?? "")
    .filter((name) => name !== "")
  return clause.replace(/\{[^}]*\}/, "").includes("*") ? [...named, "*"] : named
}
