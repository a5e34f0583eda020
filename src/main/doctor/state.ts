import type { Look } from "../../compliance/finding.ts"
import type { Observed } from "../../compliance/observed.ts"
import { CHECKS } from "../../compliance/table.ts"
import { type Clock, DAY_MS } from "../../core/clock.ts"
import { TylerError } from "../../core/errors.ts"
import { PASSWORD_COST } from "../../identity/password.ts"
import { publicLogKey } from "../../operations/audit.ts"
import { observed } from "../../operations/compliance.ts"
import type { Service } from "../../operations/service.ts"
import type { Config } from "../config.ts"
import { configured } from "../deployment.ts"
import { endpointsOf } from "../endpoints.ts"
import { escrowFinding } from "../escrow.ts"
import type { Looking } from "../looking.ts"
import { refusingLedger } from "../mirrored.ts"
import { serviceOf } from "../service.ts"
import type { Surroundings } from "../unlock.ts"
import { type Finding, fault, ok, warn } from "./finding.ts"
import { mirrorsLook } from "./mirrors.ts"

/**
 * Checks of the compliance report that the doctor makes too, by name. `warn`: a finding there speaks of a claim; a service
 * can run with it, so here it is no fault.
 */
const SHARED: Readonly<Record<string, "as it is" | "warn">> = {
  policies: "as it is",
  "approval-rows": "warn",
  "second-person": "warn",
  "accounts-awake": "as it is",
  "rows-genuine": "as it is",
  schedules: "as it is",
  "values-fresh": "as it is",
  backups: "as it is",
  alarms: "warn",
  "factors-enforced": "warn",
  "factor-rows": "warn",
  "factors-of-admins": "warn",
  versions: "as it is",
  "keys-renewed": "as it is",
  endpoints: "as it is",
  "log-whole": "as it is",
  "log-kept": "as it is",
}

/** What rows, keys, log and mirrors say. */
export async function stateLook(
  config: Config,
  { reader, keys, place }: Looking,
  around: Surroundings,
): Promise<readonly Finding[]> {
  const head = await reader.head()
  const service = serviceOf(
    config,
    { reader, keys, ledger: refusingLedger },
    around.clock,
    around.random,
    head.lastTime,
    PASSWORD_COST,
  )
  const { name } = keys.root()
  const root = name.kind === "kms" ? `KMS key ${name.keyArn}` : `root key ${config.folders.rootKeyFile}`
  return [
    ok("database", place),
    ok("keys", `${root} opens all ${(await reader.keys()).length} keys`),
    await escrowFinding(service, config),
    ...(await shared(config, service)),
    ...(await mirrorsLook(config, reader, publicLogKey(service), around.clock)),
    clockFinding(head.lastTime, around.clock),
    (await reader.setupClosed())
      ? ok("setup", "the first admin is set up")
      : warn("setup", "the first admin is not set up yet", "start the server and open the link that it prints"),
  ]
}

async function shared(config: Config, service: Service): Promise<readonly Finding[]> {
  let seen: Observed
  try {
    seen = await observed(service, await service.policies.reload(), {
      ...configured(config),
      listener: { kind: "unknown", cause: "not asked here" },
      mirrors: [],
      cloudWatch: null,
      endpoints: await endpointsOf(config),
    })
  } catch (error) {
    if (!(error instanceof TylerError) || error.code !== "policy_tampered") throw error
    return [
      fault("policies", "the policy rows do not match their authentication code", "see docs/runbooks/row-tampered.md"),
    ]
  }
  return CHECKS.flatMap(({ name, look }) => {
    const most = SHARED[name]
    return most === undefined ? [] : [findingOf(name, look(seen), most)]
  })
}

function findingOf(name: string, { state, figure, fix }: Look, most: "as it is" | "warn"): Finding {
  const weight = state === "unused" ? "ok" : state === "fault" && most === "warn" ? "warn" : state
  return { name, state: weight, text: figure, fix }
}

/** As the server has it: that much before the newest entry the clock has been put back. */
const BACK_MS = 5_000

function clockFinding(newest: number, clock: Pick<Clock, "now">): Finding {
  const ahead = newest - clock.now()
  if (ahead > BACK_MS)
    return fault(
      "clock",
      `this clock is ${Math.ceil(ahead / 1000)} s behind the newest audit entry`,
      "see docs/runbooks/clock-step.md",
    )
  const days = Math.floor(-ahead / DAY_MS)
  return ok(
    "clock",
    newest === 0 ? "there is no entry to compare with" : `not before the newest audit entry, which is ${days} days old`,
  )
}
