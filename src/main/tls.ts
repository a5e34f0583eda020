import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import { createSecureContext, type SecureContextOptions } from "node:tls"
import { StartFault } from "../core/start-fault.ts"
import type { TlsFiles } from "./config.ts"
import { readGuarded } from "./secret-file.ts"

/**
 * With forward secrecy and authenticated encryption only (RFC 9325, 4.2). Left to itself Node also agrees to RSA key
 * exchange and CBC with TLS 1.2 (seen on Node 24, by tls-probe.ts).
 */
const SUITES = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "ECDHE+AESGCM",
  "ECDHE+CHACHA20",
].join(":")

export interface LoadedTls {
  readonly options: SecureContextOptions
  /** Wall time in ms after which clients refuse the certificate. */
  readonly expiresAt: number
}

/**
 * Reads the certificate chain and its key and proves that they belong together.
 * @throws StartFault naming the file at fault.
 */
export function loadTls(files: TlsFiles): LoadedTls {
  const cert = readGuarded("TLS_CERT_FILE", files.certFile, false)
  const key = readGuarded("TLS_KEY_FILE", files.keyFile, true)
  const leaf = parsed(() => new X509Certificate(cert), `TLS_CERT_FILE ${files.certFile} is not a PEM certificate`)
  const privateKey: KeyObject = parsed(
    () => createPrivateKey(key),
    `TLS_KEY_FILE ${files.keyFile} is not an unencrypted PEM private key`,
  )
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new StartFault(`TLS_KEY_FILE ${files.keyFile} is not the key of the first certificate in ${files.certFile}`)
  }
  const options = { cert, key, minVersion: files.minVersion, ciphers: SUITES }
  parsed(() => createSecureContext(options), `TLS_CERT_FILE ${files.certFile} cannot be used as a certificate chain`)
  return { options, expiresAt: Date.parse(leaf.validTo) }
}

/** What `reloadTls` needs of a node:https server. */
export interface TlsServer {
  setSecureContext(options: SecureContextOptions): void
}

/**
 * Reads the files again and hands them to every server; connections that stand keep what they have. If the files are
 * not good nothing changes and the fault is returned: a broken renewal must not take the service down.
 */
export function reloadTls(files: TlsFiles, servers: readonly TlsServer[]): LoadedTls | { readonly fault: string } {
  let loaded: LoadedTls
  try {
    loaded = loadTls(files)
  } catch (error) {
    if (error instanceof StartFault) return { fault: error.message }
    throw error
  }
  for (const server of servers) server.setSecureContext(loaded.options)
  return loaded
}

/** OpenSSL's own messages are not passed on: they are unclear, and some quote their input. */
function parsed<T>(parse: () => T, fault: string): T {
  try {
    return parse()
  } catch {
    throw new StartFault(fault)
  }
}
