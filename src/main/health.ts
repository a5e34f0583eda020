import { get as plainGet, type IncomingMessage } from "node:http"
import { get as tlsGet } from "node:https"
import { isIP } from "node:net"
import { text } from "node:stream/consumers"
import { StartFault } from "../core/start-fault.ts"
import { type Config, publicUrlAt } from "./config.ts"

/** What looks after a process asks every few seconds, and takes no answer for a bad one. */
const PATIENCE_MS = 4_000

/** Where a process that listens on every address is heard on this machine. */
const EVERYWHERE: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" }

/** What `tyler-server health` found: the exit code's answer, and a line that says why. */
export interface Health {
  readonly ok: boolean
  readonly line: string
}

/**
 * Asks the server that has this configuration, on this machine, without a shell or curl: images need neither.
 * @param path `/api/ready`: all that is needed works; `/api/health`: the process answers, whatever else is down.
 * @throws StartFault with PORT=0, which nobody else can know.
 */
export async function healthOf(config: Config, path: "/api/ready" | "/api/health"): Promise<Health> {
  const { listen } = config
  if (listen.port === 0) throw new StartFault("PORT is 0: only the server itself knows which port it took")
  const [first = ""] = listen.addresses
  const host = EVERYWHERE[first] ?? first
  try {
    const answer = await ask(config, host, path)
    const body = await text(answer)
    if (answer.statusCode === 200) return { ok: true, line: path === "/api/ready" ? "ready" : "alive" }
    return { ok: false, line: `${answer.statusCode}: ${downIn(body)}` }
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "no answer"
    return { ok: false, line: `${why} at ${host} port ${listen.port}` }
  }
}

function ask({ listen }: Config, host: string, path: string): Promise<IncomingMessage> {
  const { host: name, hostname } = new URL(publicUrlAt(listen, listen.port))
  const options = { host, port: listen.port, path, headers: { host: name }, agent: false as const }
  const signal = AbortSignal.timeout(PATIENCE_MS)
  return new Promise((resolve, reject) => {
    const asked =
      listen.tls === null
        ? plainGet({ ...options, signal }, resolve)
        : // Its certificate is for another name than this machine's. Nothing secret is sent, and who could answer in its
          // place could end it too.
          tlsGet({ ...options, signal, rejectUnauthorized: false, ...serverName(hostname) }, resolve)
    asked.on("error", reject)
  })
}

/** RFC 6066, section 3: no literal addresses. */
function serverName(hostname: string): { readonly servername?: string } {
  return isIP(hostname.replace(/^\[(.*)\]$/, "$1")) === 0 ? { servername: hostname } : {}
}

/** The parts that are down, with their causes. Anybody may see them; whatever else answers there is not repeated. */
function downIn(body: string): string {
  try {
    const { parts } = JSON.parse(body) as { parts: Record<string, { up: boolean; reason: string }> }
    const down = Object.entries(parts).flatMap(([part, { up, reason }]) => (up ? [] : [`${part} ${reason}`]))
    if (!down.every((one) => /^[a-z_]+ [a-z_]+$/.test(one))) throw new Error("no codes of ours")
    return `not ready: ${down.join(", ")}`
  } catch {
    return "not the answer of this server"
  }
}
