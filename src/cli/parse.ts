import { type Call, type Command, optionsOf, UsageError } from "./command.ts"
import type { World } from "./world.ts"

/** Not imported: an import of `node:util` makes all that it exports, worker threads and a diff among them. */
const { parseArgs } = process.getBuiltinModule("node:util")

/** The row that `argv` names, and what follows its words. Two words win over one. */
export function findCommand(
  table: readonly Command[],
  argv: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const words = argv.slice(0, count).join(" ")
    const command = table.find((row) => row.words === words)
    if (command && argv.length >= count) return { command, rest: argv.slice(count) }
  }
  return undefined
}

/** Strict: an unknown option, a missing or a surplus operand is a UsageError, which never repeats an operand. */
export function parseCall(command: Command, rest: readonly string[], world: World): Call {
  const cut = command.passes ? rest.indexOf("--") : -1
  const own = cut === -1 ? rest : rest.slice(0, cut)
  const { values, positionals } = parseStrictly(command, own)
  const asksHelp = values["help"] === true
  if (!asksHelp) checkOperands(command, positionals.length)
  return {
    world,
    command,
    operands: positionals,
    options: values,
    passed: cut === -1 ? [] : rest.slice(cut + 1),
  }
}

function parseStrictly(command: Command, args: readonly string[]) {
  const options = Object.fromEntries(
    optionsOf(command).map(({ name, short, value }) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), ...(short ? { short } : {}) },
    ]),
  )
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(complaint(error), command.words)
  }
}

/** parseArgs's own texts are long and some repeat an argument; the option's name is enough. */
function complaint(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  const option = /'(?:-\w, )?(--?[\w-]+)/.exec(message)?.[1] ?? "an option"
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `unknown option ${option}`
  if (message.includes("does not take an argument")) return `${option} takes no value`
  return `${option} needs a value`
}

function checkOperands(command: Command, count: number): void {
  const names = command.operands.split(" ").filter((name) => name !== "")
  const missing = names.filter((name) => !name.startsWith("["))[count]
  if (missing !== undefined) throw new UsageError(`${missing} is missing`, command.words)
  if (count > names.length && !/\.\.\.\]?$/.test(command.operands))
    throw new UsageError(command.tooMany ?? "too many arguments", command.words)
}
