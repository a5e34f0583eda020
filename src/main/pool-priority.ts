import { pbkdf2 } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { getPriority, setPriority } from "node:os"
import { promisify } from "node:util"

/** Of `nice`: with a third of the weight of what answers requests, so a login that waits for its hash still gets on. */
const NICER = 5
const NICEST = 19

/** Threads of this process, and their names (proc_pid_comm(5)). */
const TASKS = "/proc/self/task"
/** As Node 24 calls them. */
const POOL = "libuv-worker"

/**
 * Where cores are scarce, what computes in Node's pool of threads (passwords, SCRAM of rotations) gives way to the thread that
 * answers. Linux only, where a thread has a priority of its own; elsewhere, and where it may not be, all stays as it was.
 * @returns how many threads give way
 */
export async function poolGivesWay(): Promise<number> {
  // The pool's threads begin with its first task.
  await promisify(pbkdf2)("", "", 1, 1, "sha256")
  try {
    const threads = readdirSync(TASKS).filter((id) => readFileSync(`${TASKS}/${id}/comm`, "utf8").trim() === POOL)
    for (const id of threads) setPriority(Number(id), Math.min(getPriority() + NICER, NICEST))
    return threads.length
  } catch {
    return 0
  }
}
