import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { qrCode } from "../../src/cli/qr.ts"
import { qrLines } from "../../src/cli/qr-lines.ts"
import { fakeWorld } from "./world.ts"

const URI = "otpauth://totp/"

/** Each was read back by jsQR 1.4.0, a decoder of another make, when its hash was written down. */
const READ_BACK: readonly (readonly [length: number, modules: number, hash: string])[] = [
  [100, 41, "93776472bfc5429a"],
  [134, 41, "17f9e60004532dda"],
  [135, 45, "8694e527e41bd02f"],
  [155, 49, "78adb8b3bd09b2f4"],
  [193, 53, "ddfe7ab06e5c4194"],
  [230, 53, "1ffa95f61b031a92"],
]

test("codes are those that another decoder has read, in every size", () => {
  for (const [length, modules, hash] of READ_BACK) {
    const rows = (qrCode(URI.padEnd(length, "x")) ?? []).map((row) => row.map((dark) => (dark ? "1" : "0")).join(""))
    assert.deepEqual([rows.length, rows[0]?.length], [modules, modules])
    assert.equal(createHash("sha256").update(rows.join("\n")).digest("hex").slice(0, 16), hash, String(length))
  }
  assert.equal(qrCode(URI.padEnd(231, "x")), undefined)
})

test("on a terminal that shows blocks the code stands in lines of two rows; elsewhere nothing does", () => {
  const env = { LANG: "C.UTF-8", NO_COLOR: "1" }
  const lines = qrLines(fakeWorld({ terminal: true, env }), URI)
  const light = lines.flatMap((line) =>
    ["\u2580\u2588", "\u2584\u2588"].map((blocks) => Array.from(line, (cell) => blocks.includes(cell))),
  )
  const inner = light.slice(4, 45).map((row) => row.slice(4, 45).map((one) => !one))
  assert.deepEqual(inner, qrCode(URI))
  assert.ok(light.slice(0, 4).every((row) => row.length === 49 && row.every((one) => one)))
  const [coloured] = qrLines(fakeWorld({ terminal: true, env: { LANG: "C.UTF-8" } }), URI)
  assert.ok(coloured?.startsWith("\u001b[97;40m"))
  for (const world of [
    fakeWorld({ env }),
    fakeWorld({ terminal: true, env: { LANG: "C" } }),
    fakeWorld({ terminal: true, env, columns: 48 }),
  ])
    assert.deepEqual(qrLines(world, URI), [])
})
