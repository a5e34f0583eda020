import { registerHooks } from "node:module"

/** What `tyler-server` runs, but with rotations that die where a test says (dying-rotations.ts). */
registerHooks({
  resolve(specifier, context, next) {
    const own = specifier.endsWith("/rotating.ts") && context.parentURL?.endsWith("/main/compose.ts")
    return next(own === true ? new URL("./dying-rotations.ts", import.meta.url).href : specifier, context)
  },
})

const { main } = await import("../../src/main/server.ts")
process.exitCode = await main(process.argv.slice(2))
