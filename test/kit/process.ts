import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type Client, clientOf } from "./client.ts"
import { type ServerOptions, serverEnvironment, temporaryFolder } from "./server.ts"
import { COMPILED } from "./compiled.ts"

const ENTRY = fileURLToPath(new URL("./serve.ts", import.meta.url))
const START_MS = 20_000

/** The real server as its own process: it can be killed, and what it says can be searched. */
export interface ServerProcess {
  readonly url: string
  readonly publicUrl: string
  readonly port: number
  readonly folder: string
  readonly pid: number
  readonly setupToken: string | null
  readonly anonymous: Client
  /** All that was written so far. */
  output(): { readonly stdout: string; readonly stderr: string }
  /** Sends a signal and waits for the end. @returns exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>
  ended(): boolean
  /** Kills what still runs and removes the folder, unless the test brought its own. */
  close(): Promise<void>
}

interface ProcessOptions extends Pick<ServerOptions, "env" | "folder"> {
  /** Undefined: the server as it is. */
  readonly entry?: string
}

export async function startProcess(options: ProcessOptions = {}): Promise<ServerProcess> {
  const folder = options.folder ?? temporaryFolder()
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", options.entry ?? ENTRY, "serve"], {
    env: { PATH: process.env["PATH"], ...COMPILED, ...serverEnvironment(folder, options.env) },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const said = listen(child)
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals> => {
    child.kill(signal)
    const [code, by] = await ended
    return code ?? by ?? "SIGKILL"
  }
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await stop("SIGKILL")
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
  try {
    const publicUrl = await said.find(/listens on (\S+)/, ended)
    const { port, protocol } = new URL(publicUrl)
    const url = `${protocol}//127.0.0.1:${port}`
    const setupToken = /^Setup token: (\S+)$/m.exec(said.stdout())?.[1] ?? null
    return {
      url,
      publicUrl,
      port: Number(port),
      folder,
      pid: child.pid ?? 0,
      setupToken,
      anonymous: clientOf(url, null),
      output: () => ({ stdout: said.stdout(), stderr: said.stderr() }),
      stop,
      ended: () => child.exitCode !== null || child.signalCode !== null,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function listen(child: ChildProcess) {
  let stdout = ""
  let stderr = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
  })
  child.stdout?.setEncoding("utf8")
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    /** Waits for a line of standard output and the lines written with it. */
    async find(pattern: RegExp, ended: Promise<unknown>): Promise<string> {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const late = setTimeout(() => reject(new Error(`no start within ${START_MS} ms: ${stderr}`)), START_MS)
      child.stdout?.on("data", (text: string) => {
        stdout += text
        const found = pattern.exec(stdout)?.[1]
        if (found !== undefined && stdout.endsWith("\n")) resolve(found)
      })
      ended.then(
        () => reject(new Error(`the server ended at start: ${stderr}`)),
        () => undefined,
      )
      return promise.finally(() => clearTimeout(late))
    },
  }
}
