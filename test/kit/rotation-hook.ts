import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

export const SIGNING_KEY = "k".repeat(32)

interface Told {
  readonly step: "set" | "test" | "revoke"
  readonly token: string
  readonly current: Readonly<Record<string, string>>
  readonly pending?: Readonly<Record<string, string>>
}

/** A target of the webhook strategy that does something of a test's own at each step, and then answers. */
export interface RotationHook extends AsyncDisposable {
  /** `127.0.0.1:PORT`, for ROTATION_HOSTS. */
  readonly host: string
  /** All it was told, in order. */
  readonly told: Told[]
  /** Passwords that it takes: of each user the first, or the last two it was told to set. */
  good(user?: string): readonly string[]
  /** @returns the status to answer; undefined: 204, or what is true for `test` */
  on: (told: Told) => Promise<number | undefined> | number | undefined
  /** A secret of a user here. */
  value(user?: string): Record<string, unknown>
}

export async function startRotationHook(): Promise<RotationHook> {
  const users = new Map<string, readonly string[]>()
  const server = createServer((request, response) => {
    void (async () => {
      const told = JSON.parse(await text(request)) as Told
      hook.told.push(told)
      const status = await hook.on(told)
      const password = told.pending?.["password"] ?? ""
      const user = told.current["user"] ?? ""
      const good = hook.good(user)
      if (status === undefined && told.step === "set" && !good.includes(password))
        users.set(user, [good.at(-1) ?? "", password])
      const usual = told.step !== "test" || hook.good(user).includes(password) ? 204 : 422
      response.writeHead(status ?? usual).end()
    })()
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const hook: RotationHook = {
    host,
    told: [],
    good: (user = "") => users.get(user) ?? ["first"],
    on: () => undefined,
    value: (user = "") => ({
      engine: "webhook",
      webhook: `http://${host}/rotate`,
      signingKey: SIGNING_KEY,
      ssl: false,
      user,
      password: "first",
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
  return hook
}
