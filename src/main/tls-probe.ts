import { isIP } from "node:net"
import { connect, type ConnectionOptions, getCiphers, type SecureVersion } from "node:tls"
import type { Offer } from "../compliance/deployment.ts"

export interface ProbedPort {
  readonly host: string
  readonly port: number
  /** Asked for by SNI; null: by no name. */
  readonly serverName: string | null
}

/** The newest first. What the local library cannot speak any more is not asked for, and so not found. */
const PROTOCOLS: readonly SecureVersion[] = ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"]
const ANSWER_MS = 3_000

/**
 * What a port agrees to: with each protocol every suite is offered, the one it takes is left out of the next offer, and so
 * on until it takes none. Some twenty handshakes; nothing is sent. Certificates are not judged here.
 * @returns none where nothing answers or no TLS is spoken
 */
export async function offersOf(port: ProbedPort): Promise<readonly Offer[]> {
  const offers: Offer[] = []
  for (const protocol of PROTOCOLS) {
    const ciphers = await ciphersOf(port, protocol)
    if (ciphers.length > 0) offers.push({ protocol, ciphers })
  }
  return offers
}

async function ciphersOf(port: ProbedPort, protocol: SecureVersion): Promise<readonly string[]> {
  const taken: string[] = []
  for (let left = namesFor(protocol); left.length > 0; ) {
    const name = await agreed(port, protocol, left)
    if (name === null || !left.includes(name)) break
    taken.push(name)
    left = left.filter((one) => one !== name)
  }
  return taken
}

/** Suites of TLS 1.3 begin with TLS_; those of the older protocols do not. */
function namesFor(protocol: SecureVersion): string[] {
  const all = getCiphers().map((name) => name.toUpperCase())
  return all.filter((name) => name.startsWith("TLS_") === (protocol === "TLSv1.3"))
}

/** By OpenSSL's name; null: the port agrees to none of them. */
function agreed({ host, port, serverName }: ProbedPort, protocol: SecureVersion, names: readonly string[]) {
  const options: ConnectionOptions = {
    host,
    port,
    ...(serverName === null || isIP(serverName) !== 0 ? {} : { servername: serverName }),
    minVersion: protocol,
    maxVersion: protocol,
    // Level 0: what this side would refuse is to be found, too.
    ciphers: `${names.join(":")}${protocol === "TLSv1.3" ? "" : ":@SECLEVEL=0"}`,
    rejectUnauthorized: false,
  }
  return new Promise<string | null>((resolve) => {
    const socket = connect(options)
    const end = (name: string | null): void => {
      socket.destroy()
      resolve(name)
    }
    socket.setTimeout(ANSWER_MS, () => end(null))
    socket.once("error", () => end(null))
    socket.once("secureConnect", () => end(socket.getCipher().name.toUpperCase()))
  })
}
