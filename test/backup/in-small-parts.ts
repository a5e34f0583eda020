import { systemClock } from "../../src/core/clock.ts"
import { systemRandom } from "../../src/core/random.ts"
import { backupInto } from "../../src/main/backup.ts"
import { parseConfig } from "../../src/main/config.ts"

/** `tyler-server backup FOLDER`, but for parts so small that a log of some seconds has several. */
const [folder = "", partEntries = ""] = process.argv.slice(2)
const parsed = parseConfig(process.env)
if ("faults" in parsed) throw new Error(parsed.faults.join("\n"))
const surroundings = { clock: systemClock, random: systemRandom }
process.exitCode = await backupInto(parsed.config, folder, surroundings, () => 0, Number(partEntries))
