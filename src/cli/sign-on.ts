import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import type { LoginAnswer } from "../api/auth.ts"
import type { SignInAnswer } from "../api/identity-providers.ts"
import { TylerApiError } from "../client/error.ts"
import { randomText, systemRandom } from "../core/random.ts"
import { ago } from "./ago.ts"
import { type Call, given, switched, UsageError } from "./command.ts"
import { addressOf, connectAnonymously } from "./connect.ts"
import { listenForCode, NobodyCame } from "./loopback.ts"
import { answer, line, note } from "./print.ts"
import { withFactor } from "./sign-in.ts"
import { storeToken, tokenPath } from "./token-file.ts"

/** As long as the server keeps a sign-on. */
const WAIT_MS = 10 * 60_000

/** Has a browser on this machine sign in, and exchanges the code it brings for a session. */
export async function signOn(call: Call): Promise<void> {
  const { world } = call
  if (given(call, "user") !== undefined || given(call, "password-file") !== undefined)
    throw new UsageError("--sso takes neither --user nor --password-file", call.command.words)
  const client = connectAnonymously(call)
  const provider = chosen(await client.signIn(), call)
  const verifier = randomText(systemRandom, 32)
  let session: LoginAnswer | undefined
  await using waiting = await listenForCode(async (code) => {
    try {
      session ??= await client.exchangeSignOn({ code, verifier })
      return true
    } catch (error) {
      // Not ours, or somebody else's attempt: the right one may still come.
      if (error instanceof TylerApiError && error.status > 0 && error.status < 500) return false
      throw error
    }
  }, WAIT_MS)
  const challenge = createHash("sha256").update(verifier).digest("base64url")
  const url = `${addressOf(call)}/auth/oidc/${provider}/start?port=${waiting.port}&challenge=${challenge}`
  await note(world, `Open this address in a browser on this machine:\n\n  ${url}\n`)
  if (switched(call, "open")) openBrowser(url)
  await waiting.taken.catch((error: unknown) => {
    throw error instanceof NobodyCame ? new UsageError("nobody signed in within ten minutes; nothing was done") : error
  })
  if (session === undefined) return
  const { token, expiresAt, assurance } = await withFactor(call, session)
  storeToken(world, addressOf(call), token, expiresAt)
  await answer(call, { provider, expiresAt, assurance, file: tokenPath(world) }, () =>
    line(world, `Logged in to ${addressOf(call)}; the session ends ${ago(expiresAt, world.now())}.`),
  )
}

/** The one that is named, or the only one. */
function chosen({ providers }: SignInAnswer, call: Call): string {
  const ids = providers.map(({ id }) => id)
  const [named] = call.operands
  const usage = (text: string) => new UsageError(text, call.command.words)
  if (ids.length === 0) throw usage("this server offers no identity provider")
  if (named === undefined && ids.length > 1) throw usage(`which provider? ${ids.join(", ")}`)
  const id = named ?? ids[0] ?? ""
  if (!ids.includes(id)) throw usage(`there is no such provider; there is ${ids.join(", ")}`)
  return id
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
}

/** Best effort: the address is on the screen as well. It holds no secret, so it may be seen among the processes. */
function openBrowser(url: string): void {
  const [command = "", ...args] = OPENERS[process.platform] ?? ["xdg-open"]
  spawn(command, [...args, url], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref()
}
