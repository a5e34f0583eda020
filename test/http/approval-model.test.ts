import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, test } from "node:test"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"
import { frozenClock, playApprovals } from "../soak/approval-model.ts"
import { drawFrom } from "../soak/campaign.ts"

const STEPS = 400

test(`${STEPS} steps of people who ask, decide, read and lose their roles go as the model says`, async () => {
  const folder = temporaryFolder()
  const clock = frozenClock()
  const seed = Date.now() % 2 ** 31
  const start = () => startServer({ folder, clock, env: { TRUSTED_PROXIES: "127.0.0.1/32" } })
  const { violations, counts, server, admin } = await playApprovals({
    steps: STEPS,
    draw: drawFrom(seed),
    clock,
    start,
  })
  after(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  assert.deepEqual(violations, [], `seed ${seed}`)
  assert.ok((counts["read"] ?? 0) > 50)
  const verdict = await verdictOn(await exportLog(admin))
  assert.equal(verdict.ok, true, JSON.stringify(verdict))
})
