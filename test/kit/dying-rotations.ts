import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { LedgerWriter } from "../../src/audit/ledger.ts"
import * as real from "../../src/main/rotating.ts"
import type { Rotating } from "../../src/operations/rotation/rotator.ts"
import type { Steps } from "../../src/rotation/steps.ts"

/** `die-at`: at which point to die; `hold`: while it is there, nothing is carried on. */
const control = process.env["TYLER_TEST_CONTROL"] ?? ""
const POLL_MS = 10

let passed = 0
let limit = ""

/** Before and after each record that a rotation makes, and each effect at its target. */
function point(): void {
  const file = join(control, "die-at")
  const wanted = existsSync(file) ? readFileSync(file, "utf8") : ""
  if (wanted !== limit) passed = 0
  limit = wanted
  passed++
  if (String(passed) !== wanted) return
  process.kill(process.pid, "SIGKILL")
  for (;;);
}

function dyingLedger(ledger: LedgerWriter): LedgerWriter {
  return {
    async recordAll(acts) {
      const rotates = acts.some(({ entry }) => entry.action.startsWith("ROTATE"))
      if (rotates) point()
      const outcomes = await ledger.recordAll(acts)
      if (rotates) point()
      return outcomes
    },
    close: () => ledger.close(),
  }
}

function dyingSteps(steps: Steps): Steps {
  const dying =
    <A extends readonly unknown[], T>(step: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      const [held, context] = args as unknown as Parameters<Steps["set"]>
      const effect: typeof context.effect = (name, act) =>
        context.effect(name, async () => {
          point()
          const answer = await act()
          point()
          return answer
        })
      return step(...([held, { ...context, effect }] as unknown as A))
    }
  return {
    ...steps,
    create: dying(steps.create.bind(steps)),
    set: dying(steps.set.bind(steps)),
    test: dying(steps.test.bind(steps)),
    revoke: dying(steps.revoke.bind(steps)),
  }
}

export function rotatingOf(settings: Parameters<typeof real.rotatingOf>[0]): Rotating {
  const rotating = real.rotatingOf(settings)
  return { ...rotating, steps: async (strategy) => dyingSteps(await rotating.steps(strategy)) }
}

export function rotations(wanted: Parameters<typeof real.rotations>[0]): real.Rotations {
  const ledger = dyingLedger(wanted.service.ledger)
  const rotator = real.rotations({ ...wanted, service: { ...wanted.service, ledger } })
  const held = (): boolean => existsSync(join(control, "hold"))
  const poll = setInterval(() => {
    if (!held()) rotator.wake()
  }, POLL_MS * 10)
  poll.unref()
  return {
    wake: () => {
      if (!held()) rotator.wake()
    },
    tick: async () => {
      if (!held()) await rotator.tick()
    },
    close: () => rotator.close(),
  }
}
