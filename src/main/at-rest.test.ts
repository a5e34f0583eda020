import assert from "node:assert/strict"
import { test } from "node:test"
import { BUSY, LOOK_MS, onceAtRest } from "./at-rest.ts"

test("it happens once, after the first second in which there was next to nothing to do", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] })
  let [share, acts] = [BUSY + 0.001, 0]
  onceAtRest(
    () => acts++,
    () => share,
  )
  for (let second = 0; second < 5; second++) t.mock.timers.tick(LOOK_MS)
  assert.equal(acts, 0)
  share = BUSY
  t.mock.timers.tick(LOOK_MS - 1)
  assert.equal(acts, 0)
  t.mock.timers.tick(1)
  assert.equal(acts, 1)
  for (let second = 0; second < 5; second++) t.mock.timers.tick(LOOK_MS)
  assert.equal(acts, 1)
})
