import { type Command, optionsOf } from "./command.ts"

/**
 * A completion script for `bash`, `zsh` or `fish`, or undefined for another shell. Made of the table alone: completing
 * asks no server, so it cannot show names on a shared screen or leave entries in the log.
 */
export function completionScript(shell: string, table: readonly Command[]): string | undefined {
  const scripts: Readonly<Record<string, (table: readonly Command[]) => string>> = { bash, zsh, fish }
  return Object.hasOwn(scripts, shell) ? scripts[shell]?.(table) : undefined
}

function firstWords(table: readonly Command[]): string[] {
  return [...new Set(table.map(({ words }) => words.split(" ")[0] ?? "")), "help"]
}

function groups(table: readonly Command[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { words } of table) {
    const [first = "", second] = words.split(" ")
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second])
  }
  return groups
}

function flags(command: Command): string[] {
  return optionsOf(command).flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])])
}

/** What an operand may be, where it is one of a few words. */
function choices(command: Command): string {
  return command.words === "completion" ? "bash zsh fish" : ""
}

/** One `case` answers the words that may follow; zsh reads it through bashcompinit. */
function bash(table: readonly Command[]): string {
  const cases = [
    ...[...groups(table)].map(([first, seconds]) => `    "${first}") words="${seconds.join(" ")}" ;;`),
    ...table.map((row) => {
      const words = [choices(row), ...flags(row)].filter((word) => word !== "").join(" ")
      const pattern = row.words.includes(" ") ? `"${row.words}"` : `"${row.words}"|"${row.words} "*`
      return `    ${pattern}) words="${words}" ;;`
    }),
  ]
  return `_tyler() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  local before="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  set -- $before
  case "$1 $2" in
    ${pairs(table)}) before="$1 $2" ;;
    *) before="$1" ;;
  esac
  case "$before" in
    ""|help) words="${firstWords(table).join(" ")}" ;;
${cases.join("\n")}
  esac
  COMPREPLY=()
  if [[ -n "$words" ]]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "$current")
  fi
  [[ \${#COMPREPLY[@]} -eq 0 && "$current" != -* ]] && compopt -o default 2>/dev/null
  return 0
}
complete -F _tyler tyler
`
}

function pairs(table: readonly Command[]): string {
  return table
    .filter(({ words }) => words.includes(" "))
    .map(({ words }) => `"${words}"`)
    .join("|")
}

function zsh(table: readonly Command[]): string {
  return `#compdef tyler
autoload -U +X bashcompinit && bashcompinit
${bash(table)}`
}

function fish(table: readonly Command[]): string {
  const lines = ["complete -c tyler -f", "complete -c tyler -n __fish_use_subcommand -a help -d 'show help'"]
  for (const [first, seconds] of groups(table)) {
    lines.push(`complete -c tyler -n __fish_use_subcommand -a ${first}`)
    const unsaid = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${seconds.join(" ")}`
    for (const second of seconds) {
      const summary = table.find(({ words }) => words === `${first} ${second}`)?.summary ?? ""
      lines.push(`complete -c tyler -n '${unsaid}' -a ${second} -d ${quoted(summary)}`)
    }
  }
  for (const row of table) {
    const condition = row.words
      .split(" ")
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ")
    if (!row.words.includes(" "))
      lines.push(`complete -c tyler -n __fish_use_subcommand -a ${row.words} -d ${quoted(row.summary)}`)
    if (/\b(?:FILE|SOURCE)\b/.test(row.operands)) lines.push(`complete -c tyler -n '${condition}' -F`)
    if (choices(row) !== "") lines.push(`complete -c tyler -n '${condition}' -a '${choices(row)}'`)
    for (const { name, short, value, summary } of optionsOf(row)) {
      const takes = value === undefined ? "" : value === "FILE" ? " -r -F" : " -x"
      lines.push(
        `complete -c tyler -n '${condition}' -l ${name}${short ? ` -s ${short}` : ""}${takes} -d ${quoted(summary)}`,
      )
    }
  }
  return `${lines.join("\n")}\n`
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
}
