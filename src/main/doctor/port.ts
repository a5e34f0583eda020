import { request as plainRequest, type RequestOptions } from "node:http"
import { request as tlsRequest } from "node:https"
import { text } from "node:stream/consumers"
import type { ReadyAnswer } from "../../api/health.ts"
import { negotiated } from "../../compliance/checks/transit.ts"
import { type Clock, DAY_MS } from "../../core/clock.ts"
import { StartFault } from "../../core/start-fault.ts"
import { type Config, publicUrlAt } from "../config.ts"
import { listenerOf } from "../deployment.ts"
import { offersOf } from "../tls-probe.ts"
import { loadTls } from "../tls.ts"
import { type Finding, fault, ok, warn } from "./finding.ts"

/** The server's own port: whether it answers, what it says of its parts, and what it negotiates. */
export async function portLook(config: Config, clock: Pick<Clock, "now">): Promise<readonly Finding[]> {
  return [await readiness(config), ...(await transport(config)), ...certificate(config, clock)]
}

const ANSWER_MS = 5_000

async function readiness(config: Config): Promise<Finding> {
  const { listen } = config
  if (listen.port === 0) return warn("server", "PORT=0: where it listens is not known", "set PORT")
  const at = `${listen.addresses[0]} port ${listen.port}`
  const answer = await asked(config).catch(() => undefined)
  if (answer === undefined) return warn("server", `nobody answers at ${at}`, "start it: tyler-server serve")
  const down = Object.entries(answer.parts).filter(([, { up }]) => !up)
  if (down.length === 0) return ok("server", `answers at ${at}, every part works`)
  const said = down.map(([part, { reason }]) => `${part} ${reason}`).join(", ")
  const fix = "docs/operate.md, Health, says what each code means"
  return answer.ready
    ? warn("server", `answers at ${at}; ${said}`, fix)
    : fault("server", `answers at ${at}; ${said}`, fix)
}

/** Own certificates are judged by `certificate`; here only who answers counts. */
async function asked({ listen }: Config): Promise<ReadyAnswer> {
  const host = OWN[listen.addresses[0] ?? ""] ?? listen.addresses[0] ?? ""
  const { host: name } = new URL(publicUrlAt(listen, listen.port))
  const options: RequestOptions = {
    host,
    port: listen.port,
    path: "/api/ready",
    headers: { host: name },
    timeout: ANSWER_MS,
  }
  const sent = listen.tls === null ? plainRequest(options) : tlsRequest({ ...options, rejectUnauthorized: false })
  const answered = Promise.withResolvers<ReadyAnswer>()
  sent.once("response", (message) => {
    text(message)
      .then((body) => answered.resolve(JSON.parse(body) as ReadyAnswer))
      .catch(answered.reject)
  })
  sent.once("timeout", () => sent.destroy(new Error("timeout")))
  sent.once("error", answered.reject)
  sent.end()
  return answered.promise
}

/** Listening on every address, it is reached on loopback. */
const OWN: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" }

async function transport(config: Config): Promise<readonly Finding[]> {
  const { listen } = config
  if (listen.port === 0 && listen.tls !== null) return [warn("tls", "PORT=0: TLS is not tried", "set PORT")]
  const publicUrl = publicUrlAt(listen, listen.port)
  const listener = await listenerOf(config, listen.port, publicUrl)
  if (listener.kind === "loopback")
    return [
      warn(
        "tls",
        "the port is on loopback, without TLS",
        "set TLS_CERT_FILE and TLS_KEY_FILE, or put a TLS proxy in front",
      ),
    ]
  if (listener.kind === "unknown") return [warn("tls", listener.cause, "start it: tyler-server serve")]
  if (listener.kind === "tls") return [judged(listener.offers)]
  const { hostname, port, protocol } = new URL(publicUrl)
  if (protocol !== "https:")
    return [fault("tls", `PUBLIC_URL ${publicUrl} is not https`, "set PUBLIC_URL to the proxy's https:// origin")]
  const offers = await offersOf({ host: hostname, port: Number(port || 443), serverName: hostname })
  if (offers.length === 0)
    return [warn("tls", `${publicUrl} speaks no TLS with this machine`, "is the proxy up, and is its name known here?")]
  return [judged(offers)]
}

function judged(offers: Parameters<typeof negotiated>[0]): Finding {
  const { state, figure, fix } = negotiated(offers)
  return { name: "tls", state: state === "unused" ? "ok" : state, text: figure, fix }
}

/** Days before its end that a certificate should have been renewed: two thirds of 90, as ACME clients do. */
const RENEW_DAYS = 30

function certificate({ listen }: Config, clock: Pick<Clock, "now">): readonly Finding[] {
  if (listen.tls === null) return []
  const fix = "renew it and send SIGHUP"
  try {
    const { expiresAt } = loadTls(listen.tls)
    const days = Math.floor((expiresAt - clock.now()) / DAY_MS)
    const until = `good until ${new Date(expiresAt).toISOString()}, for ${days} days`
    if (days < 0) return [fault("certificate", `${listen.tls.certFile} has expired`, fix)]
    return [days < RENEW_DAYS ? warn("certificate", until, fix) : ok("certificate", until)]
  } catch (error) {
    if (!(error instanceof StartFault)) throw error
    return [fault("certificate", error.message, fix)]
  }
}
