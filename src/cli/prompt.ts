import { UsageError } from "./command.ts"
import { printable } from "./printable.ts"
import { write } from "./print.ts"
import type { World } from "./world.ts"

/** The person pressed Ctrl-C. */
export class Interrupted extends Error {}

const ENTER = new Set(["\r", "\n"])
const BACKSPACE = new Set(["\u0008", "\u007f"])
const CTRL_C = "\u0003"
const CTRL_D = "\u0004"
const CTRL_U = "\u0015"

export function canAsk(world: World): boolean {
  return world.stdin.isTTY === true && world.stdin.setRawMode !== undefined
}

/** Asks on the terminal, on standard error so that standard output holds answers only. Throws Interrupted. */
export async function ask(world: World, question: string): Promise<string> {
  return read(world, question, true)
}

/** Asks without showing what is typed. */
export async function askHidden(world: World, question: string): Promise<string> {
  return read(world, question, false)
}

/** Asks twice; what differs is a UsageError. */
export async function askHiddenTwice(world: World, question: string): Promise<string> {
  const first = await askHidden(world, question)
  const second = await askHidden(world, `${question} (again)`)
  if (first !== second) throw new UsageError("the two entries differ; nothing was done")
  return first
}

async function read(world: World, question: string, shown: boolean): Promise<string> {
  const { stdin, stderr } = world
  if (!canAsk(world)) throw new UsageError("there is no terminal to ask on")
  // Raw before the question shows: a fast typist's first keys must not be echoed.
  stdin.setRawMode?.(true)
  try {
    await write(stderr, `${printable(question)}: `)
    return await typed(world, shown)
  } finally {
    stdin.setRawMode?.(false)
    await write(stderr, "\n")
  }
}

/** Raw mode hands over keys in pieces of any size; what follows the line (a paste) is left for the next question. */
function typed({ stdin, stderr }: World, shown: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const decoder = new TextDecoder()
    let text = ""
    const finish = (settle: () => void, rest = ""): void => {
      stdin.off("data", onData)
      stdin.off("end", onEnd)
      stdin.pause()
      if (rest !== "") stdin.unshift(Buffer.from(rest))
      settle()
    }
    const onEnd = (): void => finish(() => reject(new Interrupted()))
    const onData = (piece: Uint8Array): void => {
      const keys = Array.from(decoder.decode(piece, { stream: true }))
      for (const [at, key] of keys.entries()) {
        if (key === CTRL_C || (key === CTRL_D && text === "")) return finish(() => reject(new Interrupted()))
        if (ENTER.has(key) || key === CTRL_D) return finish(() => resolve(text), keys.slice(at + 1).join(""))
        if (BACKSPACE.has(key)) {
          if (shown && text !== "") stderr.write("\b \b")
          text = Array.from(text).slice(0, -1).join("")
        } else if (key === CTRL_U) {
          if (shown) stderr.write("\b \b".repeat(Array.from(text).length))
          text = ""
        } else if (key >= " ") {
          text += key
          if (shown) stderr.write(printable(key))
        }
      }
    }
    stdin.on("data", onData)
    stdin.on("end", onEnd)
    stdin.resume()
  })
}
