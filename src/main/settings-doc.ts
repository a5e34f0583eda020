import { SETTING_NAMES, SETTINGS } from "./settings.ts"

/** What stands around the generated table in docs/configuration.md. */
const BEGIN = "<!-- generated from src/main/settings.ts: run `node tools/check-docs.ts --write` -->"
const END = "<!-- end of the generated table -->"

/** Every variable as a Markdown table, in the order of the settings. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { kind, unset, about } = SETTINGS[name]
    return `| \`${name}\` | ${kind.accepts} | ${unset} | ${about} |`
  })
  return ["| variable | accepts | unset | what it does |", "|---|---|---|---|", ...rows].join("\n")
}

/** The document with its table made anew. @throws Error if the marks are not there, once each and in order. */
export function withSettingsTable(document: string): string {
  const [before, rest, ...more] = document.split(BEGIN)
  const [, after, ...others] = rest?.split(END) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error("the marks around the generated table are missing or doubled")
  }
  return `${before}${BEGIN}\n${settingsTable()}\n${END}${after}`
}
