import type { Client } from "../kit/client.ts"
import { type MovableClock, movableClock } from "../kit/clock.ts"
import { type App, appCode, enrolApp, STEP_MS } from "../kit/factors.ts"
import { createSecret } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { type Home, newHome } from "./kit.ts"

export const LEDGER = "financial/ledger"
export const WHY = ["--reason", "closing the books of November"]

type Names = "finn" | "gail" | "hugo"

/** A server on a clock of its own, `financial/ledger` in it, and finn of finance, who has an app. */
export interface Scene extends AsyncDisposable {
  readonly clock: MovableClock
  readonly stage: Stage<Names>
  readonly home: Home
  /** The next code of finn's app, half a minute later. */
  code(): string
  /** What the command runs with as this person. */
  as(name: Names | "ada"): Record<string, string>
}

/** @param prepare what an admin may still do alone: before there is a secret that an approval guards */
export async function openScene(prepare?: (admin: Client) => Promise<void>): Promise<Scene> {
  const clock = movableClock()
  const stage = await openStage({ finn: ["finance"], gail: ["finance"], hugo: ["hr"] }, { clock })
  const home = newHome()
  await prepare?.(stage.admin)
  await createSecret(stage.admin, LEDGER, "the books")
  const app: App = await enrolApp(stage.people.finn.client, clock.now())
  return {
    clock,
    stage,
    home,
    code() {
      clock.advance(STEP_MS)
      return appCode(app.seed, clock.now())
    },
    as: (name) => ({
      HOME: home.path,
      TYLER_URL: stage.server.publicUrl,
      TYLER_TOKEN: (name === "ada" ? stage.admin : stage.people[name].client).token ?? "",
    }),
    [Symbol.asyncDispose]: async () => {
      home[Symbol.dispose]()
      await stage.close()
    },
  }
}
