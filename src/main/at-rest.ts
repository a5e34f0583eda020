import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** How often is looked. */
export const LOOK_MS = 1_000
/** Share of that time in which there was something to do, above which a server is not at rest. */
export const BUSY = 0.1

/** Share of the time since the last call in which the event loop had something to do. */
export function loopShare(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

/** Once, after the first second of rest. Never holds the process. */
export function onceAtRest(act: () => void, share: () => number): void {
  const timer = setInterval(() => {
    if (share() > BUSY) return
    clearInterval(timer)
    act()
  }, LOOK_MS)
  timer.unref()
}

/**
 * What loading has left behind goes back to the machine. V8 would keep it until a busy server makes it collect: measured,
 * an idle one holds 112 MB for 124 MB. It takes some 60 ms of the one thread, so never amid work.
 */
export function giveMemoryBack(): void {
  // As a flag of the process it would cost 40 ms at every start: what Node has compiled beforehand is for other flags.
  setFlagsFromString("--expose-gc")
  try {
    const collect = runInNewContext("gc") as NodeJS.GCFunction
    collect({ type: "major", execution: "sync", flavor: "last-resort" })
  } finally {
    setFlagsFromString("--no-expose-gc")
  }
}
