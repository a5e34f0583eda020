import { fault, type Look, ok, warn } from "../finding.ts"
import type { Offer } from "../deployment.ts"
import type { Observed } from "../observed.ts"

const BROKEN = new Set(["SSLv3", "TLSv1", "TLSv1.1"])

export function transport({ deployment }: Observed): Look {
  const { listener, environment } = deployment
  if (listener.kind === "tls") return negotiated(listener.offers)
  if (listener.kind === "proxy")
    return warn(
      `TLS ends at a proxy in front of ${listener.publicUrl}: what it negotiates is not seen from here`,
      "run tyler-server doctor, which connects to PUBLIC_URL, and keep the proxy at TLS 1.3",
    )
  if (listener.kind === "unknown")
    return fault(
      `nothing was negotiated with the own port: ${listener.cause}`,
      "look at the certificate and at /api/ready",
    )
  const figure = "the port is on loopback, without TLS"
  const fix = "set TLS_CERT_FILE and TLS_KEY_FILE, or put a TLS proxy in front and name it in TRUSTED_PROXIES"
  return environment === "production" ? fault(figure, fix) : warn(figure, fix)
}

/** What a port agreed to, the doctor's lines too. */
export function negotiated(offers: readonly Offer[]): Look {
  const figure = `negotiated: ${offers.map(({ protocol, ciphers }) => `${protocol} (${ciphers.join(", ")})`).join("; ") || "nothing"}`
  if (offers.length === 0) return fault(figure, "look at the certificate")
  if (offers.some(({ protocol }) => BROKEN.has(protocol))) return fault(figure, "set TLS_MIN_VERSION=1.3")
  const weak = offers.filter(({ protocol }) => protocol !== "TLSv1.3").flatMap(({ ciphers }) => ciphers.filter(isWeak))
  if (weak.length > 0)
    return fault(
      `${figure}; without forward secrecy or authenticated encryption: ${weak.join(", ")}`,
      "set TLS_MIN_VERSION=1.3, or the suites of whatever ends TLS",
    )
  if (offers.some(({ protocol }) => protocol !== "TLSv1.3")) return warn(figure, "set TLS_MIN_VERSION=1.3")
  return ok(figure)
}

/** RFC 9325, 4.2: of TLS 1.2 only ephemeral key exchange with GCM, CCM or ChaCha20-Poly1305. */
function isWeak(cipher: string): boolean {
  return !/^(?:EC)?DHE-.*(?:GCM|CCM|CHACHA20)/.test(cipher)
}

export function innerLinks({ deployment }: Observed): Look {
  const { engine, link } = deployment.database
  if (link === "file") return ok(`${engine} in a file of the data folder: nothing crosses a network`)
  return link === "tls"
    ? ok(`${engine} over TLS with its certificate verified`)
    : ok(`${engine} on the same machine, without TLS`)
}
