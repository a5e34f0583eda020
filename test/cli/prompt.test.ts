import assert from "node:assert/strict"
import { test } from "node:test"
import { UsageError } from "../../src/cli/command.ts"
import { ask, askHidden, askHiddenTwice, Interrupted } from "../../src/cli/prompt.ts"
import { fakeWorld } from "./world.ts"

test("what is typed at a hidden question is not shown, and raw mode ends with it", async () => {
  const world = fakeWorld({ terminal: true })
  world.stdin.write("pass wörd\u{1f511}\r")
  assert.equal(await askHidden(world, "Password"), "pass wörd\u{1f511}")
  assert.deepEqual([world.said.err, world.said.out, world.raw], ["Password: \n", "", [true, false]])
})

test("a plain question shows what is typed; backspace and Ctrl-U take it back, whole characters at a time", async () => {
  const world = fakeWorld({ terminal: true })
  world.stdin.write("ab\u007f\u{1f511}\u007fc\u0015ada\n")
  assert.equal(await ask(world, "User name"), "ada")
  assert.ok(world.said.err.startsWith("User name: ab\b \b"))
})

test("keys may come in pieces of any size, cut inside a character", async () => {
  const world = fakeWorld({ terminal: true })
  for (const byte of Buffer.from("größe\r")) world.stdin.write(Uint8Array.of(byte))
  assert.equal(await askHidden(world, "Value"), "größe")
})

test("a value is typed twice, and a paste of both lines serves both questions", async () => {
  const same = fakeWorld({ terminal: true })
  same.stdin.write("v1\rv1\r")
  assert.equal(await askHiddenTwice(same, "Value"), "v1")
  const other = fakeWorld({ terminal: true })
  other.stdin.write("v1\rv2\r")
  await assert.rejects(askHiddenTwice(other, "Value"), UsageError)
  assert.doesNotMatch(other.said.err, /v[12]/)
})

test("Ctrl-C, Ctrl-D and a closed terminal interrupt, and raw mode ends all the same", async () => {
  for (const keys of ["secret\u0003", "\u0004"]) {
    const world = fakeWorld({ terminal: true })
    world.stdin.write(keys)
    await assert.rejects(askHidden(world, "Value"), Interrupted)
    assert.deepEqual(world.raw, [true, false])
  }
  const closed = fakeWorld({ terminal: true })
  closed.stdin.end("half")
  await assert.rejects(askHidden(closed, "Value"), Interrupted)
})

test("without a terminal nothing is asked", async () => {
  const world = fakeWorld()
  await assert.rejects(ask(world, "Reason"), UsageError)
  assert.equal(world.said.err, "")
})
