import { spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import type { IssuedAccessKey } from "../src/api/access-keys.ts"
import { clientOf } from "../test/kit/client.ts"
import { PASSWORD } from "../test/kit/people.ts"
import { startProcess } from "../test/kit/process.ts"
import { sign } from "../test/kit/sign-aws.ts"
import { pin, row } from "./kit.ts"
import { deliveredReads } from "./log.ts"
import { compare, type Figures } from "./reads/compare.ts"
import type { NextRequest } from "./reads/load.ts"
import { ENVIRONMENT, nameOf, readRequest, setStage, type Stage } from "./reads/stage.ts"

/**
 * GetSecretValue through the AWS-compatible endpoint, signatures verified, against the same reads over REST in the same
 * run, and against an AWS emulator on the same core. Void unless the log has one entry for every answer.
 */
const SECRETS = 200
/** Secrets that each connection reads in turn: a signature is made once, and may be sent again for five minutes. */
const TURNS = 16
const CONNECTIONS = 64
const SLICES = 9
const RESIGN_MS = 120_000
const MOTO_CLIENTS = 8
const MOTO_MS = 8_000
const SERVER_CORE = 0

interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

async function main(): Promise<void> {
  const server = await startProcess({ env: ENVIRONMENT })
  try {
    const stage = await setStage(server, SECRETS)
    const keys = await keysOf(stage)
    const asked = { count: 0 }
    const counted =
      (next: NextRequest): NextRequest =>
      (connection, turn) => {
        asked.count++
        return next(connection, turn)
      }
    const { pid, port } = server
    const [endpoint, rest] = await compare(
      [
        { pid, port, next: counted(signedReads(keys, port)) },
        { pid, port, next: counted(restReads(stage)) },
      ],
      CONNECTIONS,
      SLICES,
    )
    if (endpoint === undefined || rest === undefined) throw new Error("nothing was measured")
    const rates = `${Math.round(endpoint.perSecond)}/s of ${Math.round(rest.perSecond)}/s`
    row(
      "endpoint to REST: throughput",
      `${(endpoint.perSecond / rest.perSecond).toFixed(3)} (${rates})`,
      "at least 0.60",
    )
    row("endpoint: CPU", `${endpoint.cpu.toFixed(1)} us, REST ${rest.cpu.toFixed(1)} us`, "reported")
    row("endpoint: p99", `${endpoint.p99.toFixed(2)} ms, REST ${rest.p99.toFixed(2)} ms`, "reported")
    const entries = await deliveredReads(stage.admin)
    if (entries !== asked.count) throw new Error(`void: ${asked.count} answers and ${entries} entries`)
    await againstMoto(endpoint)
  } finally {
    await server.close()
  }
}

async function keysOf({ admin, tokens }: Stage): Promise<Key[]> {
  const keys: Key[] = []
  for (const token of tokens.slice(0, CONNECTIONS)) {
    const body = { reason: "Measuring the endpoint", password: PASSWORD }
    const made = await clientOf(admin.url, token).post<IssuedAccessKey>("/api/access-keys", body)
    if (made.status !== 201) throw new Error(made.text)
    keys.push(made.body)
  }
  return keys
}

const nameAt = (connection: number, turn: number): string =>
  nameOf((connection * 7919 + (turn % TURNS) * 271) % SECRETS)

function restReads({ tokens }: Stage): NextRequest {
  return (connection, turn) => readRequest(tokens[connection % tokens.length] ?? null, nameAt(connection, turn))
}

function signedReads(keys: readonly Key[], port: number): NextRequest {
  const made = new Map<string, Buffer>()
  return (connection, turn) => {
    const place = `${connection} ${turn % TURNS} ${Math.floor(Date.now() / RESIGN_MS)}`
    const known = made.get(place)
    if (known !== undefined) return known
    const key = keys[connection % keys.length] as Key
    const request = signedRequest(key, `127.0.0.1:${port}`, nameAt(connection, turn))
    made.set(place, request)
    return request
  }
}

function signedRequest(key: Key, host: string, name: string, operation = "GetSecretValue", more: object = {}): Buffer {
  const input = operation === "GetSecretValue" ? { SecretId: name } : { Name: name, ...more }
  const { headers, body } = sign({ key, host, now: Date.now(), operation, body: JSON.stringify(input) })
  const lines = headers.map(([header, value]) => `${header}: ${value}\r\n`).join("")
  return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${lines}content-length: ${body.byteLength}\r\n\r\n`), body])
}

/** The emulator's server keeps no connection, so each of its answers has one of its own; that is part of what it is. */
async function againstMoto(ours: Figures): Promise<void> {
  if (spawnSync("moto_server", ["--help"], { stdio: "ignore" }).status !== 0)
    return row("endpoint to moto_server", "not measured: there is none here", "at least 10x")
  const port = 20_000 + (process.pid % 20_000)
  const moto = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" })
  try {
    const key = { accessKeyId: "testing", secretAccessKey: "testing" }
    const host = `127.0.0.1:${port}`
    const create = signedRequest(key, host, "a/secret", "CreateSecret", {
      SecretString: "postgres://orders:correct-horse-battery@db.internal:5432/orders",
      ClientRequestToken: "0".repeat(32),
    })
    for (let tries = 0; !(await answered(port, create).catch(() => false)); tries++) {
      if (tries === 100) throw new Error("moto_server does not answer")
      await pause(200)
    }
    const pid = listenerOf(moto.pid ?? 0)
    pin(pid, SERVER_CORE)
    const read = signedRequest(key, host, "a/secret")
    const [began, usedBefore] = [performance.now(), cpuMicroseconds(pid)]
    let answers = 0
    const client = async (): Promise<void> => {
      for (; performance.now() - began < MOTO_MS; answers++)
        if (!(await answered(port, read))) throw new Error("moto_server refused a read")
    }
    await Promise.all(Array.from({ length: MOTO_CLIENTS }, client))
    const perSecond = answers / ((performance.now() - began) / 1000)
    const cpu = (cpuMicroseconds(pid) - usedBefore) / answers
    const figure = `${(ours.perSecond / perSecond).toFixed(1)}x (${Math.round(perSecond)}/s)`
    row("endpoint to moto_server: throughput", figure, "at least 10x")
    row("endpoint to moto_server: CPU", `${(cpu / ours.cpu).toFixed(1)}x (${cpu.toFixed(0)} us)`, "reported")
  } finally {
    moto.kill()
  }
}

/** A launcher may stand before the server itself: then it is the child. */
function listenerOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean)
  return children.length === 0 ? pid : listenerOf(Number(children[0]))
}

/** Of all threads, those that ended too: the emulator has one for each connection (proc(5), stat, in ticks of 10 ms). */
function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** One request on a connection of its own. */
function answered(port: number, request: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(request))
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
      const [head = "", body] = text.split("\r\n\r\n", 2)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
      if (body === undefined || body.length < length) return
      socket.destroy()
      resolve(head.startsWith("HTTP/1.1 200"))
    })
    socket.on("error", reject)
    socket.on("end", () => resolve(false))
  })
}

await main()
