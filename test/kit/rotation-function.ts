import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { BUNDLE, buildLambda } from "../../tools/build-lambda.ts"
import type { AwsProxy, Judge } from "./aws-proxy.ts"
import { COMPILED } from "./compiled.ts"

let built: Promise<number> | undefined

/** As Lambda's runtime does it: the module is loaded, then its handler called with an event and a context. */
const RUNTIME = `
const { handler } = await import(process.argv[1])
await handler(JSON.parse(process.argv[2]), { getRemainingTimeInMillis: () => 60_000 })
`

export interface Invoked {
  readonly ok: boolean
  /** All that it has written, where Lambda would have logged it. */
  readonly said: string
}

export interface Running {
  readonly ended: Promise<Invoked>
  kill(): Promise<void>
}

export interface RotationFunction {
  invoke(event: object): Promise<Invoked>
  start(event: object): Running
}

/** The bundle, run by a process for each invocation. @param env all that it is told beside PATH */
export async function rotationFunction(env: Readonly<Record<string, string>>): Promise<RotationFunction> {
  await (built ??= buildLambda())
  const start = (event: object): Running => {
    const args = ["--input-type=module", "-e", RUNTIME, BUNDLE, JSON.stringify(event)]
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env["PATH"] ?? "", ...COMPILED, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    return { ended: outcomeOf(child), kill: () => killed(child) }
  }
  return { start, invoke: (event) => start(event).ended }
}

async function outcomeOf(child: ChildProcess): Promise<Invoked> {
  const [out, err] = [child.stdout, child.stderr].map((stream) => (stream === null ? "" : text(stream)))
  const [code] = (await once(child, "close")) as [number | null]
  return { ok: code === 0, said: `${await out}${await err}` }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}

/**
 * Secrets Manager's own part of a rotation, in front of one that leaves it out: from the beginning on the secret has a
 * version of the token, without a value, that is AWSPENDING.
 */
export function beginRotation(proxy: AwsProxy, token: string, otherwise: Judge = () => "pass"): void {
  proxy.judge((operation, nth, body) => {
    const fate = otherwise(operation, nth, body)
    if (operation !== "DescribeSecret" || fate !== "pass") return fate
    return {
      changed(answer) {
        const stages = (answer["VersionIdsToStages"] ?? {}) as Readonly<Record<string, readonly string[]>>
        const isPending = (all: readonly string[]): boolean => all.includes("AWSPENDING") && !all.includes("AWSCURRENT")
        if (token in stages || Object.values(stages).some(isPending)) return answer
        // What the one before left on the version that is current by now goes on.
        const others = Object.entries(stages).map(([id, all]) => [id, all.filter((one) => one !== "AWSPENDING")])
        return { ...answer, VersionIdsToStages: { ...Object.fromEntries(others), [token]: ["AWSPENDING"] } }
      },
    }
  })
}
