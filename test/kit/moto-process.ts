import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

export const MOTO_REGION = "eu-central-1"
/** The account that moto plays. */
export const MOTO_ACCOUNT = "123456789012"
/** Credentials that moto takes. */
export const MOTO_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  AWS_EC2_METADATA_DISABLED: "true",
} as const

export function motoIsThere(): boolean {
  return spawnSync("sh", ["-c", "command -v moto_server"]).status === 0
}

export interface MotoProcess {
  readonly origin: string
  stop(): Promise<void>
}

/** An emulator of AWS on a free port. @param endsWithUs nobody stops it: this process does not wait for it, and ends it */
export async function startMoto({ endsWithUs = false } = {}): Promise<MotoProcess> {
  const port = await freePort()
  const child = spawn("moto_server", ["-p", String(port), "-H", "127.0.0.1"], { stdio: "ignore" })
  if (endsWithUs) {
    child.unref()
    process.once("exit", () => child.kill("SIGKILL"))
  }
  const origin = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode}`)
    const up = await fetch(`${origin}/moto-api/data.json`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (up) return { origin, stop }
    await pause(100)
  }
  await stop()
  throw new Error("moto_server did not answer within 30 seconds")

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}
