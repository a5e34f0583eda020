import assert from "node:assert/strict"
import { test } from "node:test"
import { qrCode } from "../../src/core/qr.ts"
import { qrLines } from "../../src/cli/qr-lines.ts"
import { fakeWorld } from "./world.ts"

const URI = "otpauth://totp/"

test("on a terminal that shows blocks the code stands in lines of two rows; elsewhere nothing does", () => {
  const env = { LANG: "C.UTF-8", NO_COLOR: "1" }
  const lines = qrLines(fakeWorld({ terminal: true, env }), URI)
  const light = lines.flatMap((line) =>
    ["\u2580\u2588", "\u2584\u2588"].map((blocks) => Array.from(line, (cell) => blocks.includes(cell))),
  )
  const inner = light.slice(4, 29).map((row) => Uint8Array.from(row.slice(4, 29), (one) => (one ? 0 : 1)))
  assert.deepEqual(inner, qrCode(URI))
  assert.ok(light.slice(0, 4).every((row) => row.length === 33 && row.every((one) => one)))
  const [coloured] = qrLines(fakeWorld({ terminal: true, env: { LANG: "C.UTF-8" } }), URI)
  assert.ok(coloured?.startsWith("\u001b[97;40m"))
  for (const world of [
    fakeWorld({ env }),
    fakeWorld({ terminal: true, env: { LANG: "C" } }),
    fakeWorld({ terminal: true, env, columns: 32 }),
  ])
    assert.deepEqual(qrLines(world, URI), [])
})
