import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { after } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { freePort } from "./free-port.ts"

const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("moto")
const present = spawnSync("sh", ["-c", "command -v moto_server"]).status === 0

/** What a test that wants an AWS of somebody else's making is skipped for; false where there is one, or must be. */
export const noMoto = present || required ? false : "moto"

export const MOTO_REGION = "eu-central-1"
/** The account that moto plays. */
export const MOTO_ACCOUNT = "123456789012"

/** Credentials that moto takes, for the SDK in this process and in those it starts. */
export function takeTestCredentials(): void {
  process.env["AWS_ACCESS_KEY_ID"] = "AKIAIOSFODNN7EXAMPLE"
  process.env["AWS_SECRET_ACCESS_KEY"] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
  delete process.env["AWS_SESSION_TOKEN"]
  delete process.env["AWS_PROFILE"]
  process.env["AWS_EC2_METADATA_DISABLED"] = "true"
}

let started: Promise<string> | undefined
let child: ChildProcess | undefined
after(stop)

/** One emulator for a test file, on a free port, ended with it. @returns its origin */
export function moto(): Promise<string> {
  started ??= startMoto()
  return started
}

async function startMoto(): Promise<string> {
  const port = await freePort()
  child = spawn("moto_server", ["-p", String(port), "-H", "127.0.0.1"], { stdio: "ignore" })
  const origin = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode}`)
    const up = await fetch(`${origin}/moto-api/data.json`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (up) return origin
    await pause(100)
  }
  throw new Error("moto_server did not answer within 30 seconds")
}

async function stop(): Promise<void> {
  if (child === undefined || child.exitCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}
