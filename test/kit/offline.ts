import { PASSWORD_COST } from "../../src/identity/password.ts"
import { type Clock, systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { openState } from "../../src/main/backend.ts"
import { parseConfig } from "../../src/main/config.ts"
import { mirrored } from "../../src/main/mirrored.ts"
import { serviceOf } from "../../src/main/service.ts"
import type { Service } from "../../src/operations/service.ts"
import type { ServerOptions } from "./server.ts"
import { serverEnvironment } from "./server.ts"

/**
 * The verbs over a stopped server's data: for what no route leads to, and for histories too long to be made by requests.
 * @param env what the server of this folder is started with, the engine's variables included
 */
export async function offlineService<T>(
  folder: string,
  env: ServerOptions["env"],
  use: (on: Service) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const parsed = parseConfig(serverEnvironment(folder, env))
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"))
  await using opened = new AsyncDisposableStack()
  const surroundings = { clock, random: systemRandom }
  const { backend, mirror } = await openState(parsed.config, surroundings, "look", opened)
  const { lastTime } = await backend.reader.head()
  const ledger = mirrored(backend.ledger, mirror)
  return await use(serviceOf(parsed.config, { ...backend, ledger }, clock, systemRandom, lastTime, PASSWORD_COST))
}
