import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"

export const WEBHOOK_SECRET = "a shared secret of more than 32 bytes"

/** What a server is started with to post to a receiver on this machine. The file goes with the test file. */
export function webhookEnvironment(url: string): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "tyler-webhook-"))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, "secret")
  writeFileSync(file, `${WEBHOOK_SECRET}\n`, { mode: 0o600 })
  return {
    TYLER_ENVIRONMENT: "development",
    NOTIFY_WEBHOOK_URL: url,
    NOTIFY_WEBHOOK_SECRET_FILE: file,
    NOTIFY_ALLOWED_HOSTS: "127.0.0.1",
  }
}
