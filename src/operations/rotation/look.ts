import type { Receipt } from "../../core/receipt.ts"
import { TylerError } from "../../core/errors.ts"
import { CURRENT } from "../../core/stage.ts"
import { RotationFault } from "../../rotation/fault.ts"
import type { Held, StepContext, Steps } from "../../rotation/steps.ts"
import type { SecretRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import { perform } from "../perform.ts"
import { permitFor } from "../permission.ts"
import type { Service } from "../service.ts"
import { withAdmin } from "./admin.ts"
import { discardAll, lendVersions, type Opened, openVersions } from "./held.ts"
import { aboutStep, type Rotating, rotatorFor } from "./rotator.ts"

/** Somebody waits for the answer. */
const LOOK_MS = 30_000

export interface Look {
  readonly secret: SecretRow
  readonly strategy: string
  /** The secret of the administrator whom the value names. */
  readonly adminOf: (current: string) => Promise<SecretRow | undefined>
}

/**
 * Gives the rotator a look at what would be rotated: nothing is changed. An entry says so first.
 * @throws TylerError `rotation_refused`, with what is wrong
 */
export async function look<T>(
  on: Service,
  rotating: Rotating,
  { secret, strategy, adminOf }: Look,
  act: (steps: Steps, held: Held, context: StepContext) => Promise<T>,
): Promise<T> {
  const id = on.random.uuid()
  const caller = rotatorFor(id)
  const about = aboutStep(secret.name)
  const details = `look=${id} strategy=${strategy}`
  const steps = await rotating.steps(strategy)
  const { opened, receipt } = await perform(on, caller, {
    about,
    moved: () => on.secrets.drop(secret.name),
    async plan(view) {
      const row = (await on.reader.secretById(secret.id)) ?? secret
      const by = permitFor(on, view, "rotate", secret.name)
      const values = await openVersions(on, row, await on.reader.labels(secret.id), null)
      if (values === undefined)
        throw new TylerError("not_found", { error: "The secret has no value yet", stage: CURRENT })
      return {
        act: actOf(on, caller, view, about, { by, secret: row, details }),
        done: (granted: Receipt): { opened: Opened; receipt: Receipt } => ({ opened: values, receipt: granted }),
        undone: () => discardAll(values),
      }
    },
  })
  const context: StepContext = {
    token: id,
    random: on.random,
    now: () => on.clock.now(),
    signal: AbortSignal.timeout(LOOK_MS),
    addressOf: rotating.addressOf,
    hosts: rotating.hosts,
    effect: () => Promise.reject(new Error("a look changes nothing")),
  }
  try {
    return await lendVersions(opened, receipt, async (held) => {
      const admin = await adminOf(held.current)
      if (admin === undefined) return act(steps, held, context)
      return withAdmin(on, caller, admin, details, (text) => act(steps, { ...held, admin: text }, context))
    })
  } catch (error) {
    throw asRefusal(error)
  }
}

function asRefusal(error: unknown): unknown {
  if (!(error instanceof RotationFault)) return error
  const { code, facts, message } = error
  const field = facts.field === undefined ? {} : { member: facts.field }
  return new TylerError("rotation_refused", { error: message, fault: code, ...field })
}
