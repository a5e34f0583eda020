import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer, request } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { TLSSocket } from "node:tls"
import type { TlsFiles } from "./config.ts"
import { loadTls, reloadTls } from "./tls.ts"

const skip = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl"
let folder = ""

before(() => {
  folder = mkdtempSync(join(tmpdir(), "tyler-tls-"))
  if (skip) return
  for (const name of ["one", "two"]) selfSigned(name)
})
after(() => rmSync(folder, { recursive: true, force: true }))

function selfSigned(name: string): void {
  const to = (kind: string): string => join(folder, `${name}.${kind}`)
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost", "-days", "30"]
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", to("key")]
  execFileSync("openssl", ["req", "-x509", ...key, "-out", to("crt"), ...subject], { stdio: "ignore" })
  chmodSync(to("key"), 0o600)
}

function files(cert: string, key: string, minVersion: TlsFiles["minVersion"] = "TLSv1.3"): TlsFiles {
  return { certFile: join(folder, cert), keyFile: join(folder, key), minVersion }
}

/** Who the server says it is, and the version that was agreed. */
function handshake(port: number, maxVersion: TlsFiles["minVersion"] = "TLSv1.3"): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(
      { port, host: "127.0.0.1", agent: false, rejectUnauthorized: false, maxVersion },
      (response) => {
        const socket = response.socket as TLSSocket
        resolve(`${String(socket.getPeerCertificate().subject.CN)} ${socket.getProtocol()}`)
        response.resume()
      },
    )
    call.on("error", reject).end()
  })
}

async function withServer(
  use: TlsFiles,
  run: (port: number, server: ReturnType<typeof createServer>) => Promise<void>,
) {
  const server = createServer(loadTls(use).options, (_request, response) => response.end())
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  try {
    await run((server.address() as AddressInfo).port, server)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test("a certificate and its key are served, 1.3 and nothing older", { skip }, async () => {
  await withServer(files("one.crt", "one.key"), async (port) => {
    assert.equal(await handshake(port), "one TLSv1.3")
    await assert.rejects(handshake(port, "TLSv1.2"))
  })
})

test("TLS_MIN_VERSION 1.2 lets 1.2 in", { skip }, async () => {
  await withServer(files("one.crt", "one.key", "TLSv1.2"), async (port) => {
    assert.equal(await handshake(port, "TLSv1.2"), "one TLSv1.2")
    assert.equal(await handshake(port), "one TLSv1.3")
  })
})

test("a reload serves the new certificate; a bad one changes nothing", { skip }, async () => {
  for (const kind of ["crt", "key"]) copyFileSync(join(folder, `one.${kind}`), join(folder, `live.${kind}`))
  const live = files("live.crt", "live.key")
  await withServer(live, async (port, server) => {
    copyFileSync(join(folder, "two.crt"), live.certFile)
    const half = reloadTls(live, [server])
    assert.ok("fault" in half && /is not the key of the first certificate/.test(half.fault))
    assert.equal(await handshake(port), "one TLSv1.3")
    copyFileSync(join(folder, "two.key"), live.keyFile)
    assert.ok("options" in reloadTls(live, [server]))
    assert.equal(await handshake(port), "two TLSv1.3")
  })
})

test("the end of the certificate is told", { skip }, () => {
  const days = (loadTls(files("one.crt", "one.key")).expiresAt - Date.now()) / 86_400_000
  assert.ok(days > 29 && days < 31)
})

test("a key that others could read or its group change is refused", { skip }, () => {
  const loose = files("one.crt", "loose.key")
  copyFileSync(join(folder, "one.key"), loose.keyFile)
  for (const mode of [0o400, 0o600, 0o640, 0o440]) {
    chmodSync(loose.keyFile, mode)
    loadTls(loose)
  }
  for (const mode of [0o604, 0o644, 0o660, 0o601, 0o602]) {
    chmodSync(loose.keyFile, mode)
    assert.throws(() => loadTls(loose), /TLS_KEY_FILE .*loose\.key can be read by others.*chmod 600/)
  }
})

test("links are followed, as certbot makes them, and the file behind is judged", { skip }, () => {
  symlinkSync(join(folder, "one.key"), join(folder, "link.key"))
  loadTls(files("one.crt", "link.key"))
})

test("what is missing, no file or no PEM is named", { skip }, () => {
  writeFileSync(join(folder, "junk.key"), "junk", { mode: 0o600 })
  assert.throws(() => loadTls(files("none.crt", "one.key")), /^StartFault: TLS_CERT_FILE .*none\.crt cannot be opened$/)
  assert.throws(() => loadTls(files("one.crt", "none.key")), /^StartFault: TLS_KEY_FILE .*none\.key cannot be opened$/)
  assert.throws(() => loadTls(files(".", "one.key")), /TLS_CERT_FILE .* is not a file$/)
  assert.throws(() => loadTls(files("junk.key", "one.key")), /TLS_CERT_FILE .* is not a PEM certificate$/)
  assert.throws(() => loadTls(files("one.crt", "junk.key")), /TLS_KEY_FILE .* is not an unencrypted PEM private key$/)
})
