import { after, before } from "node:test"
import type { Engine, EngineFactory } from "./engine.ts"

/** One database for the tests of a suite; each test uses ids of its own. */
export function sharedEngine(factory: EngineFactory): { readonly at: Engine } {
  let engine: Engine | undefined
  before(async () => {
    engine = await factory.open()
  })
  after(async () => {
    await engine?.close()
  })
  return {
    get at() {
      if (engine === undefined) throw new Error("the suite has not started")
      return engine
    },
  }
}
