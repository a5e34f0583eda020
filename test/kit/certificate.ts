import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "./server.ts"

/** Tests that need it skip with this. */
export const noOpenssl = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl"

/** A certificate that signs itself, for one name. */
export function selfSigned(name: string): { readonly cert: string; readonly key: string } {
  const folder = temporaryFolder()
  try {
    const to = (file: string): string => join(folder, file)
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    const about = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-days", "30"]
    execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", to("key"), "-out", to("crt"), ...about], {
      stdio: "ignore",
    })
    return { cert: readFileSync(to("crt"), "utf8"), key: readFileSync(to("key"), "utf8") }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
