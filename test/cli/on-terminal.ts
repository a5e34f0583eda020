import { spawn, spawnSync } from "node:child_process"
import { commandLine } from "./kit.ts"
import { COMPILED } from "../kit/compiled.ts"

/** util-linux's `script` gives a command a terminal of its own. */
export const SKIP = spawnSync("script", ["--version"]).status === 0 ? false : "script"

/** A question that never comes must not hang the run. */
const PATIENCE_MS = 120_000

/** What is typed once its question stands there; a function sees what was shown and may do something first. */
export type Keys = string | ((shown: string) => string | Promise<string>)

export interface Shown {
  readonly code: number | null
  /** All that the terminal showed. */
  readonly shown: string
}

/** Runs `tyler ARGS` on a terminal and types each answer when its question stands there. */
export function onTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  answers: readonly (readonly [question: RegExp, keys: Keys])[],
  cwd?: string,
): Promise<Shown> {
  const words = commandLine(args).map((word) => `'${word.replaceAll("'", "'\\''")}'`)
  return new Promise((resolve, reject) => {
    const child = spawn("script", ["-qefc", words.join(" "), "/dev/null"], {
      env: { PATH: process.env["PATH"], ...COMPILED, TERM: "dumb", ...env },
      stdio: ["pipe", "pipe", "inherit"],
      cwd,
    })
    let shown = ""
    let from = 0
    const left = [...answers]
    const type = async (keys: Keys): Promise<void> => {
      const text = typeof keys === "string" ? keys : await keys(shown)
      if (text !== "") child.stdin.write(text)
    }
    child.stdout.on("data", (piece: Buffer) => {
      shown += piece.toString("utf8")
      const [next] = left
      if (!next?.[0].test(shown.slice(from))) return
      from = shown.length
      left.shift()
      type(next[1]).catch(reject)
    })
    const timer = setTimeout(() => {
      reject(new Error(`nothing answers ${String(left[0]?.[0])}: ${JSON.stringify(shown)}`))
      child.kill()
    }, PATIENCE_MS)
    child.on("error", reject)
    child.on("close", (code) => {
      clearTimeout(timer)
      resolve({ code, shown })
    })
  })
}
