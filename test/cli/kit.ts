import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { COMPILED } from "../kit/compiled.ts"

/** Drives the command as people do: as a process of its own, in a home folder of its own. */

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href
const LAUNCHER = fileURLToPath(new URL("../../bin/tyler.js", import.meta.url))
const INLINE = `import { main } from ${JSON.stringify(MAIN)}; process.exitCode = await main(process.argv.slice(1))`

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Home extends Disposable {
  readonly path: string
  /** A file in the home folder. */
  write(name: string, text: string): void
  /** Runs `tyler ARGS`; input goes to its standard input, which is never a terminal. */
  tyler(
    args: readonly string[],
    options?: { input?: string | Uint8Array; env?: Record<string, string>; cwd?: string },
  ): Promise<Ended>
}

export function newHome(env: Record<string, string> = {}): Home {
  const path = mkdtempSync(join(tmpdir(), "tyler-cli-"))
  return {
    path,
    write: (name, text) => writeFileSync(join(path, name), text),
    tyler: (args, options = {}) =>
      ended(commandLine(args), {
        input: options.input ?? "",
        cwd: options.cwd ?? path,
        env: { PATH: process.env["PATH"] ?? "", HOME: path, ...COMPILED, ...env, ...options.env },
      }),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** The words that start `tyler` with this Node. */
export function commandLine(args: readonly string[]): string[] {
  const start = existsSync(LAUNCHER) ? [LAUNCHER] : ["--input-type=module", "--eval", INLINE, "--"]
  return [process.execPath, ...start, ...args]
}

function ended(
  [command = "", ...args]: readonly string[],
  options: { input: string | Uint8Array; cwd: string; env: Record<string, string> },
): Promise<Ended> {
  const { input, ...rest } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...rest, stdio: ["pipe", "pipe", "pipe"] })
    const pieces: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on("data", (piece: Buffer) => pieces[0].push(piece))
    child.stderr.on("data", (piece: Buffer) => pieces[1].push(piece))
    child.stdin.on("error", () => {})
    child.on("error", reject)
    child.on("close", (code) => {
      const [out, err] = pieces.map((list) => Buffer.concat(list).toString("utf8"))
      resolve({ code, out: out ?? "", err: err ?? "" })
    })
    child.stdin.end(input)
  })
}
