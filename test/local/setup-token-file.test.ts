import assert from "node:assert/strict"
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { StartFault } from "../../src/core/start-fault.ts"
import { setUpAdmin } from "../kit/people.ts"
import { startServer, temporaryFolder } from "../kit/server.ts"

test("the setup token is in a file of 0600, anew at each start, until there is an admin", async (t) => {
  const folder = temporaryFolder()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, "token")
  const elsewhere = join(folder, "elsewhere")
  writeFileSync(elsewhere, "untouched")
  symlinkSync(elsewhere, path)
  const start = () => startServer({ folder, env: { TYLER_SETUP_TOKEN_FILE: path } })

  const first = await start()
  const before = readFileSync(path, "utf8")
  assert.equal(before, `${first.setupToken}\n`)
  assert.equal(lstatSync(path).mode & 0o7777, 0o600)
  assert.ok(lstatSync(path).isFile())
  assert.equal(readFileSync(elsewhere, "utf8"), "untouched")
  await first.close()

  const second = await start()
  const token = readFileSync(path, "utf8").trim()
  assert.notEqual(`${token}\n`, before)
  await setUpAdmin({ url: second.url, setupToken: token })
  await second.close()
  rmSync(path)

  await (await start()).close()
  assert.ok(!existsSync(path))
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  )
})

test("a place that cannot be written stops the start with one line", async () => {
  const env = { TYLER_SETUP_TOKEN_FILE: "/proc/no-such-folder/token" }
  await assert.rejects(startServer({ env }), (error) => {
    assert.ok(error instanceof StartFault)
    return /^The setup token cannot be written to \/proc\/no-such-folder\/token \(ENOENT\)$/.test(error.message)
  })
})
