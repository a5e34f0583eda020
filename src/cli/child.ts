import { spawn } from "node:child_process"
import { constants } from "node:os"
import { note } from "./print.ts"
import type { World } from "./world.ts"

/** A person's Ctrl-C and Ctrl-\ reach the whole foreground group already; a second copy would end what asks twice. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"]
const FORWARDED: readonly NodeJS.Signals[] = [...FROM_TERMINAL, "SIGTERM", "SIGHUP", "SIGUSR2", "SIGCONT"]

/**
 * Runs a command with exactly this environment and our own streams; no shell reads its words. Answers its exit code,
 * 128 + n when signal n ended it, 127 when it is not there and 126 when it cannot be run (POSIX sh).
 */
export async function runChild(
  world: World,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit", env, cwd: world.cwd })
  const terminal = world.stdin.isTTY === true
  const forward = (signal: NodeJS.Signals): void => {
    if (!(terminal && FROM_TERMINAL.includes(signal))) child.kill(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject)
      child.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
    })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    await note(world, `tyler: the command cannot be run (${code ?? "unknown"})`)
    return code === "ENOENT" ? 127 : 126
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}
