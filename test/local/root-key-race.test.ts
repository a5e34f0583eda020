import assert from "node:assert/strict"
import { once } from "node:events"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, test } from "node:test"
import { Worker } from "node:worker_threads"
import { temporaryFolder } from "../kit/server.ts"

const rootKey = new URL("../../src/adapters/local/root-key.ts", import.meta.url).href
const random = new URL("../../src/core/random.ts", import.meta.url).href

test("of many who make the first key at the same moment all get the same one, whole, and nothing else is left", async () => {
  const maker = `
    const { workerData, parentPort } = require("node:worker_threads")
    Promise.all([import(workerData.rootKey), import(workerData.random)]).then(([{ obtainRootKey }, { systemRandom }]) => {
      Atomics.add(workerData.ready, 0, 1)
      while (Atomics.load(workerData.ready, 0) < workerData.makers);
      parentPort.postMessage(obtainRootKey(workerData.path, systemRandom).toString("hex"))
    })`
  for (let round = 0; round < 5; round++) {
    const dir = temporaryFolder()
    after(() => rmSync(dir, { recursive: true }))
    const path = join(dir, "keys", "root.key")
    const ready = new Int32Array(new SharedArrayBuffer(4))
    const workerData = { rootKey, random, path, ready, makers: 4 }
    const workers = Array.from({ length: workerData.makers }, () => new Worker(maker, { eval: true, workerData }))
    const keys = await Promise.all(workers.map(async (one) => (await once(one, "message")) as [string]))
    assert.deepEqual(new Set(keys.flat()), new Set([readFileSync(path).toString("hex")]))
    await Promise.all(workers.map((one) => one.terminate()))
    assert.deepEqual(readdirSync(join(dir, "keys")), ["root.key"])
  }
})
