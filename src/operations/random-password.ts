import { drawPassword, type PasswordWanted } from "../core/password.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/** A password that is kept nowhere; that somebody asked for one is on record. */
export function randomPassword(on: Service, caller: Caller, wanted: PasswordWanted): Promise<string> {
  const about = { action: "RANDOM_PASSWORD", resourceType: "service", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const password = drawPassword(on.random, wanted)
      const details = `length=${wanted.length}`
      return { act: actOf(on, caller, view, about, { by: "any", details }), done: () => password }
    },
  })
}
