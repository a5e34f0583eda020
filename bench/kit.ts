import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** Nanoseconds of CPU that all threads of a process have used so far (proc(5), schedstat). */
export function cpuNanoseconds(pid: number): number {
  let total = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [running = "0"] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")
    total += Number(running)
  }
  return total
}

/** Resident set of a process in MiB (proc(5), status). */
export function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024
}

/** Binds every thread of a process to one core. */
export function pin(pid: number, core: number): void {
  const run = spawnSync("taskset", ["-a", "-c", "-p", String(core), String(pid)], { encoding: "utf8" })
  if (run.status !== 0) throw new Error(`taskset: ${run.stderr}`)
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** One line of the table. */
export function row(what: string, figure: string, target: string): void {
  process.stdout.write(`| ${what} | ${figure} | ${target} |\n`)
}
