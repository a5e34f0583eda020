import { setTimeout as sleep } from "node:timers/promises"
import { PASSWORD } from "../test/kit/people.ts"
import { startProcess } from "../test/kit/process.ts"
import { median, pin, row } from "./kit.ts"
import { load } from "./reads/load.ts"
import { ENVIRONMENT, setStage, type Stage } from "./reads/stage.ts"

/** What reads feel of people signing in: slices without and with ten logins a second, in turn, on one server. */
const SECRETS = 1000
const CONNECTIONS = 16
const SLICES = 15
const SLICE_MS = 2000
const WARM_UP_MS = 5000
const LOGINS_A_SECOND = 10
const SERVER_CORE = 0
const LOAD_CORE = 1

async function main(): Promise<void> {
  const server = await startProcess({ env: ENVIRONMENT })
  try {
    const stage = await setStage(server, SECRETS)
    pin(server.pid, SERVER_CORE)
    pin(process.pid, LOAD_CORE)
    await load(server.port, CONNECTIONS, WARM_UP_MS, stage.reads)
    const quiet: number[] = []
    const busy: number[] = []
    let logins = 0
    for (let at = 0; at < SLICES; at++) {
      quiet.push((await load(server.port, CONNECTIONS, SLICE_MS, stage.reads)).p99)
      const people = signIn(stage)
      busy.push((await load(server.port, CONNECTIONS, SLICE_MS, stage.reads)).p99)
      logins += await people.stop()
    }
    const rate = (logins / ((SLICES * SLICE_MS) / 1000)).toFixed(1)
    const times = `${median(busy).toFixed(2)} ms to ${median(quiet).toFixed(2)} ms`
    const what = `sqlite, ${CONNECTIONS} connections: p99 of reads under ${rate} logins a second`
    row(what, `${(median(busy) / median(quiet)).toFixed(2)}x (${times})`, "at most 2x")
  } finally {
    await server.close()
  }
}

/** One person after another, at an even pace, whether or not the one before is in yet. */
function signIn({ admin }: Stage): { stop(): Promise<number> } {
  const ended = new AbortController()
  const pending: Promise<void>[] = []
  const pace = (async () => {
    for (let at = 0; !ended.signal.aborted; at++) {
      pending.push(logIn(admin.url, `person-${at}`))
      await sleep(1000 / LOGINS_A_SECOND)
    }
  })()
  return {
    async stop() {
      ended.abort()
      await pace
      await Promise.all(pending)
      return pending.length
    },
  }
}

async function logIn(url: string, username: string): Promise<void> {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password: PASSWORD }),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  await answer.arrayBuffer()
}

await main()
