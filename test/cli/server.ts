import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type TylerClient, tylerClient } from "../../src/client/client.ts"
import { startServer } from "../kit/server.ts"
import { type Home, newHome } from "./kit.ts"

export const PASSWORD = "quiet-harbour-violin-17"
export const REASON = "checking the command line"

export interface Team {
  readonly url: string
  readonly dataFolder: string
  /** The first admin, set up through the command. */
  readonly ada: Home
  /** Role finance: may not see config/*. */
  readonly fin: Home
  /** The admin through the client. */
  readonly admin: TylerClient
  stop(): Promise<void>
}

/** The real server on a fresh folder and a free port, with two people, each in a home folder of their own. */
export async function team(serverEnv: Readonly<Record<string, string>> = {}): Promise<Team> {
  const server = await startServer({ env: serverEnv })
  const env = { TYLER_URL: server.publicUrl, TYLER_REASON: REASON }
  const [ada, fin] = [newHome(env), newHome(env)]
  const done = async (home: Home, args: readonly string[], input: string) => {
    const { code, err } = await home.tyler(args, { input })
    assert.equal(code, 0, err)
  }
  ada.write("setup-token", `Setup token: ${server.setupToken ?? ""}\n`)
  await done(ada, ["setup", "--user", "ada", "--token-file", "setup-token", "--password-file", "-"], `${PASSWORD}\n`)
  await done(ada, ["users", "add", "fin", "--roles", "finance", "--password-file", "-"], PASSWORD)
  await done(fin, ["login", "--user", "fin", "--password-file", "-"], `${PASSWORD}\r\n`)
  return {
    url: server.publicUrl,
    dataFolder: server.dataFolder,
    ada,
    fin,
    admin: tylerClient({ url: server.publicUrl, token: tokenIn(ada), reason: REASON }),
    stop: async () => {
      ada[Symbol.dispose]()
      fin[Symbol.dispose]()
      await server.close()
    },
  }
}

/** The only token kept in a home folder. */
export function tokenIn(home: Home): string {
  const text = readFileSync(join(home.path, ".config", "tyler", "token.json"), "utf8")
  const [kept] = Object.values(JSON.parse(text) as Record<string, { token: string }>)
  return kept?.token ?? ""
}
