import { StartFault } from "../../core/start-fault.ts"
import type { Config } from "../config.ts"
import { openLooking } from "../looking.ts"
import type { Surroundings } from "../unlock.ts"
import { causeOf } from "./cause.ts"
import { diskLook } from "./disk.ts"
import { filesLook } from "./files.ts"
import { type Finding, fault, lineOf, ok, warn } from "./finding.ts"
import { portLook } from "./port.ts"
import { stateLook } from "./state.ts"

/** Everything that there is to look at, beside a server that runs or without one. Changes nothing. */
export async function examine(config: Config, around: Surroundings): Promise<readonly Finding[]> {
  return [
    ...filesLook(config),
    ...diskLook(config),
    ...(await portLook(config, around.clock)),
    ...(await redisLook(config)),
    ...(await opened(config, around)),
    ...config.warnings.map((text) => warn("configuration", text, "see docs/configuration.md")),
  ]
}

/** What cannot be opened is a finding too; what depends on it is not looked at. */
async function opened(config: Config, around: Surroundings): Promise<readonly Finding[]> {
  try {
    const looking = await openLooking(config, around)
    try {
      return await stateLook(config, looking, around)
    } finally {
      await looking.close()
    }
  } catch (error) {
    if (error instanceof StartFault) return [fault("database", error.message, "as the line says")]
    const cause = causeOf(error)
    if (cause === undefined) throw error
    return [fault("database", `it does not answer: ${cause}`, "docs/operate.md, Health, says what each code means")]
  }
}

async function redisLook({ store }: Config): Promise<readonly Finding[]> {
  if (store === null || store.redisUrl === null) return []
  const { pingRedis } = await import("../../adapters/redis/ping.ts")
  const said = await pingRedis(store.redisUrl)
  if (said === "answers") return [ok("redis", "it answers")]
  return [warn("redis", said, "is it up, and are host and password right? Without it AWS is asked instead")]
}

/** @returns the exit code: 1 if there is a fault */
export async function doctor(
  config: Config,
  json: boolean,
  around: Surroundings,
  say: (line: string) => number,
): Promise<number> {
  const findings = await examine(config, around)
  const well = findings.every(({ state }) => state !== "fault")
  if (json) say(JSON.stringify({ ok: well, checks: findings }, null, 2))
  else for (const finding of findings) say(lineOf(finding))
  return well ? 0 : 1
}
