import { type Command, optionsOf } from "./command.ts"
import { EXIT_TEXTS } from "./exit.ts"

/** `tyler help`. */
export function overview(table: readonly Command[]): string {
  const rows = table.map((row) => [usage(row), row.summary] as const)
  return [
    "tyler: secrets by name, with a reason, under policy, on record",
    "",
    "Usage: tyler COMMAND [OPTIONS]",
    "",
    ...columns(rows),
    "",
    "tyler help COMMAND tells more; tyler --version names the version.",
    "",
    "Environment:",
    ...columns([
      ["TYLER_URL", "the server (http://localhost:7070)"],
      ["TYLER_TOKEN", "a token to use in place of the stored one"],
      ["TYLER_REASON", "a reason for commands that need one"],
    ]),
    "",
    "Exit codes:",
    ...columns(EXIT_TEXTS.map(([code, text]) => [String(code), text])),
    "",
  ].join("\n")
}

/** `tyler help get`. */
export function helpOf(command: Command): string {
  return [
    `Usage: tyler ${usage(command)}`,
    "",
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`,
    ...(command.more ? ["", ...command.more] : []),
    "",
    "Options:",
    ...columns(
      optionsOf(command).map(({ name, short, value, summary }) => [
        `${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`,
        summary,
      ]),
    ),
    "",
  ].join("\n")
}

function usage({ words, operands, passes }: Command): string {
  return [words, operands, passes].filter((part) => part).join(" ")
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
