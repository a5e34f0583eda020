import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TylerClient, tylerClient } from "../../src/client/client.ts"
import { systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { start } from "../../src/main/compose.ts"
import { parseConfig } from "../../src/main/config.ts"
import { type Home, newHome } from "./kit.ts"

export const PASSWORD = "quiet-harbour-violin-17"
export const REASON = "checking the command line"

export interface Team {
  readonly url: string
  /** The first admin, set up through the command. */
  readonly ada: Home
  /** Role finance: may not see config/*. */
  readonly fin: Home
  /** The admin through the client. */
  readonly admin: TylerClient
  stop(): Promise<void>
}

/** The real server on a fresh folder and a free port, with two people, each in a home folder of their own. */
export async function team(): Promise<Team> {
  const folder = mkdtempSync(join(tmpdir(), "tyler-cli-server-"))
  const parsed = parseConfig({ TYLER_DATA_DIR: join(folder, "data"), PORT: "0", LOG_LEVEL: "error" })
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"))
  const server = await start(parsed.config, systemClock, systemRandom)
  const env = { TYLER_URL: server.url, TYLER_REASON: REASON }
  const [ada, fin] = [newHome(env), newHome(env)]
  const done = async (home: Home, args: readonly string[], input: string) => {
    const { code, err } = await home.tyler(args, { input })
    assert.equal(code, 0, err)
  }
  ada.write("setup-token", `Setup token: ${server.setupToken}\n`)
  await done(ada, ["setup", "--user", "ada", "--token-file", "setup-token", "--password-file", "-"], `${PASSWORD}\n`)
  await done(ada, ["users", "add", "fin", "--roles", "finance", "--password-file", "-"], PASSWORD)
  await done(fin, ["login", "--user", "fin", "--password-file", "-"], `${PASSWORD}\r\n`)
  return {
    url: server.url,
    ada,
    fin,
    admin: tylerClient({ url: server.url, token: tokenIn(ada), reason: REASON }),
    stop: async () => {
      ada[Symbol.dispose]()
      fin[Symbol.dispose]()
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The only token kept in a home folder. */
export function tokenIn(home: Home): string {
  const text = readFileSync(join(home.path, ".config", "tyler", "token.json"), "utf8")
  const [kept] = Object.values(JSON.parse(text) as Record<string, { token: string }>)
  return kept?.token ?? ""
}
