import type { World } from "./world.ts"

export interface Option {
  readonly name: string
  readonly short?: string
  /** What the help calls its argument; an option without one is a switch. */
  readonly value?: string
  readonly summary: string
}

/** One row of the table that drives dispatch, help and completion. */
export interface Command {
  /** `audit export`: one or two words. */
  readonly words: string
  /** `NAME [VERSION]`: what stands after the words; brackets mark what may be missing, `...` at the end more of it. */
  readonly operands: string
  readonly summary: string
  readonly options: readonly Option[]
  /** Takes `--reason`, and stops without one. */
  readonly reason?: true
  /** Everything after `--` is for the command itself. */
  readonly passes?: "-- COMMAND [ARGS]"
  /** Why one operand more than named is refused, where that needs saying. */
  readonly tooMany?: string
  /** Further lines of help. */
  readonly more?: readonly string[]
  /** Loaded only when it runs, which keeps the start short. */
  readonly load: () => Promise<{ readonly run: Run }>
}

/** A command's answer is its exit code; nothing is 0. */
export type Run = (call: Call) => Promise<number | void>

export interface Call {
  readonly world: World
  readonly command: Command
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  /** After `--`. */
  readonly passed: readonly string[]
}

/** Every command takes these. */
export const COMMON: readonly Option[] = [
  { name: "json", summary: "answer in JSON, for programs" },
  { name: "url", value: "URL", summary: "the server (TYLER_URL; http://localhost:7070)" },
  { name: "allow-http", summary: "permit http:// to another machine: all of it crosses the network in the clear" },
  { name: "help", short: "h", summary: "show this help" },
]
/** Of commands that wait for somebody. */
export const NO_WAIT: Option = { name: "no-wait", summary: "do not wait for an approval, nor ask for a code" }
/** Of commands that may ask for a second factor; a code as an argument would show in the list of processes. */
export const CODE_FILE: Option = {
  name: "code-file",
  value: "FILE",
  summary: "read the code of the second factor from a file (- is standard input) instead of asking",
}
export const REASON: Option = { name: "reason", value: "TEXT", summary: "why (TYLER_REASON); 10 characters or more" }

export function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.reason ? [REASON] : []), ...COMMON]
}

export function switched(call: Call, name: string): boolean {
  return call.options[name] === true
}

export function given(call: Call, name: string): string | undefined {
  const value = call.options[name]
  return typeof value === "string" ? value : undefined
}

/** An operand that the row marks as required; the parser saw to it that it is there. */
export function operand(call: Call, at: number): string {
  const text = call.operands[at]
  if (text === undefined) throw new Error(`${call.command.words} has no operand ${at}`)
  return text
}

/** The caller asked for something the command does not do: exit 2. */
export class UsageError extends Error {
  /** The command whose help would tell. */
  readonly words: string | undefined

  constructor(message: string, words?: string) {
    super(message)
    this.words = words
  }
}

/** What was wanted did not come about, and nothing is broken: somebody refused, or something has to come first. */
export class Unmet extends Error {
  /** An exit code of `exit.ts`. */
  readonly exit: number
  readonly code: string

  constructor(exit: number, code: string, message: string) {
    super(message)
    this.exit = exit
    this.code = code
  }
}
