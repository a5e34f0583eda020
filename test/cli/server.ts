import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { start } from "../../src/main/compose.ts"
import { parseConfig } from "../../src/main/config.ts"

export const PASSWORD = "quiet-harbour-violin-17"

/** The real server on a fresh folder and a free port. */
export async function realServer() {
  const folder = mkdtempSync(join(tmpdir(), "tyler-cli-server-"))
  const parsed = parseConfig({ TYLER_DATA_DIR: join(folder, "data"), PORT: "0", LOG_LEVEL: "error" })
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"))
  const server = await start(parsed.config, systemClock, systemRandom)
  return {
    url: server.url,
    setupToken: server.setupToken ?? "",
    stop: async () => {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
