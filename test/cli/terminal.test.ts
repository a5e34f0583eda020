import assert from "node:assert/strict"
import { test } from "node:test"
import { newHome } from "./kit.ts"
import { onTerminal, SKIP } from "./on-terminal.ts"
import { PASSWORD, team } from "./server.ts"

test("on a terminal: a hidden password, a value typed twice, a code to confirm", { skip: SKIP }, async () => {
  const all = await team()
  using home = newHome()
  const env = { HOME: home.path, TYLER_URL: all.url }
  try {
    const login = await onTerminal(["login"], env, [
      [/User name: /, "ada\r"],
      [/Password: /, `${PASSWORD}\r`],
    ])
    assert.equal(login.code, 0, login.shown)
    assert.match(login.shown, /Logged in/)
    assert.ok(!login.shown.includes(PASSWORD))

    const set = await onTerminal(["set", "config/typed"], env, [
      [/Reason: /, "trying out the terminal\r"],
      [/Value: /, "typ\u001b[3d\r"],
      [/Value \(again\): /, "typ\u001b[3d\r"],
    ])
    assert.equal(set.code, 0, set.shown)
    assert.doesNotMatch(set.shown, /typ\[3d/)

    const why = ["--reason", "no longer used by any of the services"]
    const wrong = await onTerminal(["rm", "config/typed", ...why], env, [[/to confirm: /, "yes\r"]])
    assert.equal(wrong.code, 2)
    const code = /Type (DELETE-config\/typed-\d{4}-\d{2}-\d{2}) to confirm/.exec(wrong.shown)?.[1] ?? ""
    const right = await onTerminal(["rm", "config/typed", ...why], env, [[/to confirm: /, `${code}\r`]])
    assert.equal(right.code, 0, right.shown)

    await all.admin.create("config/hostile", "a\u001b[2Jb")
    const get = await onTerminal(["get", "config/hostile", "--reveal", ...why], env, [])
    assert.equal(get.shown, "a\\u{1b}[2Jb\r\n")
    const stopped = await onTerminal(["login"], env, [[/User name: /, "\u0003"]])
    assert.equal(stopped.code, 130)
  } finally {
    await all.stop()
  }
})
