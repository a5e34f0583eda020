import { main } from "../../src/main/server.ts"

/** What `tyler-server` runs, without its launcher: the process a test starts is the process it kills. */
process.exitCode = await main(process.argv.slice(2))
