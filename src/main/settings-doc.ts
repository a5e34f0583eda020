import { SETTING_NAMES, SETTINGS } from "./settings.ts"

/** Every variable as a Markdown table, in the order of the settings: docs/configuration.md. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { kind, unset, about } = SETTINGS[name]
    return `| \`${name}\` | ${kind.accepts} | ${unset} | ${about} |`
  })
  return ["| variable | accepts | unset | what it does |", "|---|---|---|---|", ...rows].join("\n")
}
