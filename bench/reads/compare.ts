import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { cpuNanoseconds, median, pin } from "../kit.ts"
import { load, type LoadResult, type NextRequest } from "./load.ts"

const BARE = fileURLToPath(new URL("./bare.ts", import.meta.url))
const SLICE_MS = 1000
const WARM_UP_MS = 5000
/** The servers share one core, each resting while another works; the generator has the other core. */
const SERVER_CORE = 0
const LOAD_CORE = 1

export interface Target {
  readonly pid: number
  readonly port: number
  readonly next: NextRequest
}

export interface Slice extends LoadResult {
  /** Microseconds of CPU, all threads, per answer. */
  readonly cpu: number
}

export async function startBare(
  answer: string,
): Promise<{ readonly pid: number; readonly port: number; stop(): void }> {
  const child = spawn(process.execPath, [BARE], { env: { BENCH_ANSWER: answer }, stdio: ["ignore", "pipe", "inherit"] })
  const port = await portOf(child)
  return { pid: child.pid ?? 0, port, stop: () => child.kill() }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (text: Buffer) => {
      const port = /:(\d+)\n/.exec(text.toString())?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.on("exit", () => reject(new Error("the bare server ended")))
  })
}

/** Short slices in turn, so that whatever else the machine does falls on all of them. */
export async function compare(targets: readonly Target[], connections: number, slices: number): Promise<Figures[]> {
  for (const { pid } of targets) pin(pid, SERVER_CORE)
  pin(process.pid, LOAD_CORE)
  const seen = targets.map((): Slice[] => [])
  for (const { port, next } of targets) await load(port, connections, WARM_UP_MS, next)
  for (let at = 0; at < slices; at++)
    for (const [which, target] of targets.entries()) seen[which]?.push(await slice(target, connections))
  return seen.map(figuresOf)
}

async function slice({ pid, port, next }: Target, connections: number): Promise<Slice> {
  const before = cpuNanoseconds(pid)
  const seen = await load(port, connections, SLICE_MS, next)
  return { ...seen, cpu: (cpuNanoseconds(pid) - before) / seen.answers / 1000 }
}

/** Medians over the slices. */
export interface Figures {
  readonly perSecond: number
  /** Microseconds per answer. */
  readonly cpu: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

function figuresOf(slices: readonly Slice[]): Figures {
  return {
    perSecond: median(slices.map((one) => one.answers / one.seconds)),
    cpu: median(slices.map((one) => one.cpu)),
    p50: median(slices.map((one) => one.p50)),
    p99: median(slices.map((one) => one.p99)),
  }
}
