import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { test } from "node:test"

const LAUNCHER = fileURLToPath(new URL("../../bin/tyler.js", import.meta.url))
/** Parts of Node that a command which asks the server one thing needs none of; each takes milliseconds to load. */
const HEAVY =
  /^NativeModule (?:crypto|worker_threads|internal\/fs\/promises|internal\/readline\/interface|internal\/deps\/undici\/undici)$/
const AT_THE_END = `process.on("exit", () => console.error(JSON.stringify(process.moduleLoadList)))`

test("a command loads no more of Node than it needs: an import of a builtin module makes all that it exports", () => {
  const preload = `data:text/javascript,${encodeURIComponent(AT_THE_END)}`
  const args = ["--import", preload, LAUNCHER, "whoami", "--url", "http://127.0.0.1:1"]
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], TYLER_TOKEN: "tys_x" }
  const { stderr, status } = spawnSync(process.execPath, args, { env, encoding: "utf8", input: "" })
  assert.equal(status, 7, stderr)
  const loaded = JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "") as string[]
  assert.ok(loaded.includes("NativeModule _http_client"))
  assert.deepEqual(
    loaded.filter((name) => HEAVY.test(name)),
    [],
  )
})
