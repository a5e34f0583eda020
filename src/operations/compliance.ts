import type { Deployment } from "../compliance/deployment.ts"
import { type Observed, observe } from "../compliance/observed.ts"
import { type Judged, judge } from "../compliance/report.ts"
import type { Trail } from "../compliance/trail.ts"
import { Turn } from "../core/turn.ts"
import type { PolicySet } from "../policy/document.ts"
import { actOf } from "./act.ts"
import { requireAuditor } from "./audit.ts"
import { escrowState } from "./escrow.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export interface ComplianceReport extends Judged {
  /** Wall time in ms. */
  readonly at: number
  readonly version: string
  readonly environment: Deployment["environment"]
  readonly looked: Pick<Trail, "since" | "looked" | "cut">
  /** Number of the report's own entry. */
  readonly entry: number
  /** Signed after it: the entries that are named as evidence are below. */
  readonly checkpoint: string
}

/** For admins and auditors. What it looks at is read while others are answered. */
export async function complianceReport(
  on: Service,
  caller: Caller,
  deployed: () => Promise<Deployment>,
): Promise<ComplianceReport> {
  const about = { action: "COMPLIANCE_REPORT", resourceType: "audit", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      const seen = await observed(on, view.policies, await deployed())
      const judged = judge(seen)
      const details = detailsOf(judged)
      const { version, environment } = seen.deployment
      const { since, looked, cut } = seen.trail
      const told = { at: seen.at, version, environment, looked: { since, looked, cut } }
      return {
        act: actOf(on, caller, view, about, { by: "role", details }),
        done: ({ facts }) => ({ ...judged, ...told, entry: facts.index, checkpoint: facts.checkpoint }),
      }
    },
  })
}

type Looking = Pick<Service, "reader" | "keys" | "keyring" | "clock" | "settings">

/** @throws TylerError `unavailable` */
export async function observed(on: Looking, policies: PolicySet, deployment: Deployment): Promise<Observed> {
  const { mfaIgnored, changesGuarded, maxAccessPerPerson, keepDays } = on.settings
  const ask = {
    reader: on.reader,
    rowsKey: on.keyring().rowsKey,
    policies,
    deployment,
    rules: { mfaIgnored, guarded: changesGuarded, dailyPerPerson: maxAccessPerPerson, keepDays },
    root: on.keys.root().name.kind,
    escrow: (await escrowState(on)).kind,
    now: on.clock.now(),
  }
  return observe(ask, new Turn(on.clock))
}

function detailsOf({ claims }: Judged): string {
  const count = (state: string): number => claims.filter((claim) => claim.state === state).length
  return `claims=${claims.length} ok=${count("ok")} unused=${count("unused")} warn=${count("warn")} fault=${count("fault")}`
}
