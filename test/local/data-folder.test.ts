import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { claimDataFolder } from "../../src/adapters/local/data-folder.ts"

const base = mkdtempSync(join(tmpdir(), "tyler-data-"))
after(() => rmSync(base, { recursive: true, force: true }))

const MODULE = new URL("../../src/adapters/local/data-folder.ts", import.meta.url).href
const OWNER = `
  import { claimDataFolder } from ${JSON.stringify(MODULE)}
  try {
    globalThis.folder = claimDataFolder(process.argv[1])
    console.log("claimed")
    setInterval(() => {}, 60_000)
  } catch (error) {
    console.log(error.message)
  }`

/** A process of its own that claims the folder and then lives on; resolves with its first line. */
async function otherProcess(folder: string) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", OWNER, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const [line] = (await once(child.stdout, "data")) as [Buffer]
  return { child, said: line.toString().trim() }
}

test("the folder and its parents are made, open to the owner alone", () => {
  const folder = join(base, "new", "data")
  const claim = claimDataFolder(folder)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(join(base, "new")).mode & 0o777, 0o700)
  assert.equal(claim.path, folder)
  assert.equal(claim.file("root.key"), join(folder, "root.key"))
  claim.release()
})

test("a second process is refused until the first is gone, even by kill -9", async () => {
  const folder = join(base, "owned")
  const owner = await otherProcess(folder)
  assert.equal(owner.said, "claimed")
  const inUse = `The data folder ${folder} is in use by another process; stop that one first`
  assert.equal((await otherProcess(folder)).said, inUse)
  assert.throws(() => claimDataFolder(folder), { name: "StartFault", message: inUse })
  owner.child.kill("SIGKILL")
  await once(owner.child, "exit")
  const claim = claimDataFolder(folder)
  assert.equal((await otherProcess(folder)).said, inUse)
  claim.release()
  const next = await otherProcess(folder)
  assert.equal(next.said, "claimed")
  next.child.kill("SIGKILL")
  await once(next.child, "exit")
})

test("of many that start at once exactly one gets it", async () => {
  const folder = join(base, "race")
  const all = await Promise.all(Array.from({ length: 5 }, () => otherProcess(folder)))
  assert.equal(all.filter(({ said }) => said === "claimed").length, 1)
  for (const { child } of all) child.kill("SIGKILL")
})

test("the same process does not get it twice, and release may be repeated", () => {
  const folder = join(base, "twice")
  const claim = claimDataFolder(folder)
  assert.throws(() => claimDataFolder(folder), /is in use/)
  claim.release()
  claim.release()
  claimDataFolder(folder).release()
})

test("a folder that others can open is refused, whatever the bit", () => {
  const folder = join(base, "loose")
  mkdirSync(folder)
  for (const mode of [0o710, 0o740, 0o701, 0o755, 0o777]) {
    chmodSync(folder, mode)
    assert.throws(() => claimDataFolder(folder), {
      message: `The data folder ${folder} can be opened by other users; run: chmod 700 ${folder}`,
    })
    assert.ok(!existsSync(join(folder, "lock.db")), "and nothing is put into it")
  }
})

test("a link, dangling or not, and a file in its place are refused", () => {
  mkdirSync(join(base, "real"), { mode: 0o700 })
  symlinkSync(join(base, "real"), join(base, "link"))
  symlinkSync(join(base, "nowhere"), join(base, "dangling"))
  writeFileSync(join(base, "file"), "")
  assert.throws(() => claimDataFolder(join(base, "link")), /is a symbolic link/)
  assert.throws(() => claimDataFolder(join(base, "dangling")), /is a symbolic link/)
  assert.throws(() => claimDataFolder(join(base, "file")), /is not a folder/)
  assert.throws(() => claimDataFolder(join(base, "file", "below")), /StartFault: The data folder .* cannot be /)
})

test("somebody else's folder is refused", { skip: process.getuid?.() === 0 ? false : "root" }, async () => {
  const { chownSync } = await import("node:fs")
  const folder = join(base, "theirs")
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, 65_534, 65_534)
  assert.throws(() => claimDataFolder(folder), /belongs to another user \(uid 65534\)/)
})

test("a lock that is a link or no database is refused", () => {
  const folder = join(base, "badlock")
  mkdirSync(folder, { mode: 0o700 })
  symlinkSync(join(base, "elsewhere.db"), join(folder, "lock.db"))
  assert.throws(() => claimDataFolder(folder), /lock\.db is a symbolic link/)
  assert.ok(!existsSync(join(base, "elsewhere.db")))
  rmSync(join(folder, "lock.db"))
  writeFileSync(join(folder, "lock.db"), "not a database".repeat(100))
  assert.throws(() => claimDataFolder(folder), /StartFault: The data folder .* cannot be claimed/)
})
