import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { type Mirror, openMirror } from "../../src/adapters/local/mirror.ts"

const base = mkdtempSync(join(tmpdir(), "tyler-mirror-"))
after(() => rmSync(base, { recursive: true, force: true }))

let made = 0
const freshFolder = (): string => join(base, `m${made++}`)
const fileOf = (mirror: { folder: string }): string => join(mirror.folder, "checkpoints.jsonl")
const linesOf = (mirror: { folder: string }): string[] => readFileSync(fileOf(mirror), "utf8").split("\n").slice(0, -1)

/** As a signed note looks: several lines, a dash beyond ASCII. */
const note = (size: number): string =>
  `tyler.example/log\n${size}\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u2014 tyler.example Az3grlgtz\n`

/** Time stands still unless a test moves it. */
function stillClock() {
  let at = 0
  return { now: () => 1_800_000_000_000 + at, monotonic: () => at, advance: (ms: number) => void (at += ms) }
}

async function settled(mirror: Mirror, ok: boolean): Promise<void> {
  while (mirror.state().ok !== ok) await new Promise((resolve) => setImmediate(resolve))
}

test("a new mirror is empty, and closed to others", async () => {
  const mirror = openMirror(freshFolder(), { clock: stillClock() })
  assert.equal(mirror.newest(), undefined)
  assert.deepEqual(mirror.state(), { ok: true })
  assert.equal(statSync(mirror.folder).mode & 0o777, 0o700)
  mirror.append(note(1))
  await mirror.close()
  assert.equal(statSync(fileOf(mirror)).mode & 0o777, 0o600)
})

test("a checkpoint comes back byte for byte, from one line", async () => {
  const folder = freshFolder()
  for (const size of [1, 2]) {
    const mirror = openMirror(folder, { clock: stillClock() })
    mirror.append(note(size))
    await mirror.close()
    assert.equal(openMirror(folder, { clock: stillClock() }).newest(), note(size))
    assert.equal(linesOf({ folder }).length, size)
  }
})

test("one line is written per second however many are signed, and it is the newest", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const clock = stillClock()
  const mirror = openMirror(freshFolder(), { clock })
  const count = (): number => (existsSync(fileOf(mirror)) ? linesOf(mirror).length : 0)
  let size = 0
  /** A hundredth of a second by every clock, in which one checkpoint is signed and files get some work done. */
  const step = async (): Promise<void> => {
    mirror.append(note(++size))
    clock.advance(10)
    t.mock.timers.tick(10)
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  while (count() < 4 && clock.monotonic() < 100_000) {
    await step()
    assert.ok(count() <= Math.floor(clock.monotonic() / 1000) + 1, `${count()} lines in ${clock.monotonic()} ms`)
  }
  assert.equal(count(), 4)
  await mirror.close()
  assert.equal(mirror.newest(), note(size), "closing does not wait for the second to pass")
})

test("a torn last line is passed over, and the next one is whole", async () => {
  const folder = freshFolder()
  const first = openMirror(folder, { clock: stillClock() })
  first.append(note(7))
  await first.close()
  const whole = readFileSync(fileOf(first))
  const next = JSON.stringify(note(8))
  for (let cut = 0; cut <= Buffer.byteLength(next); cut += 9) {
    writeFileSync(fileOf(first), Buffer.concat([whole, Buffer.from(next).subarray(0, cut)]))
    const mirror = openMirror(folder, { clock: stillClock() })
    assert.equal(mirror.newest(), note(7), `cut at ${cut}`)
    mirror.append(note(9))
    await mirror.close()
    assert.equal(mirror.newest(), note(9), `cut at ${cut}`)
  }
})

test("the newest is found behind any length of remains", async () => {
  for (const length of [65_535, 65_536, 65_537, 300_000]) {
    const mirror = openMirror(freshFolder(), { clock: stillClock() })
    mirror.append(note(3))
    await mirror.close()
    appendFileSync(fileOf(mirror), Buffer.alloc(length))
    assert.equal(mirror.newest(), note(3))
    appendFileSync(fileOf(mirror), '\n"not closed\n{}\n7\n""\n')
    assert.equal(mirror.newest(), note(3))
  }
})

test("while the folder cannot be written it says so, keeps the newest, and heals", async () => {
  const clock = stillClock()
  const mirror = openMirror(freshFolder(), { clock })
  renameSync(mirror.folder, `${mirror.folder}.away`)
  writeFileSync(mirror.folder, "in the way")
  mirror.append(note(1))
  await settled(mirror, false)
  const since = clock.now()
  assert.deepEqual(mirror.state(), { ok: false, since, detail: `the mirror folder ${mirror.folder} is not a folder` })
  clock.advance(5000)
  mirror.append(note(2))
  mirror.append(note(3))
  rmSync(mirror.folder)
  renameSync(`${mirror.folder}.away`, mirror.folder)
  await mirror.close()
  assert.deepEqual(mirror.state(), { ok: true })
  assert.equal(mirror.newest(), note(3))
})

test("it heals by itself, without another checkpoint", async () => {
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const mirror = openMirror(freshFolder(), { clock })
  rmSync(mirror.folder, { recursive: true })
  mirror.append(note(4))
  await settled(mirror, false)
  mkdirSync(mirror.folder, { mode: 0o700 })
  const keepAlive = setInterval(() => undefined, 1000)
  await settled(mirror, true)
  clearInterval(keepAlive)
  assert.equal(mirror.newest(), note(4))
  await mirror.close()
})

test("a full file is set aside once, and the newest is found across the two", async () => {
  const folder = freshFolder()
  const line = Buffer.byteLength(`${JSON.stringify(note(1))}\n`)
  const write = async (size: number, fileLimit: number): Promise<void> => {
    const mirror = openMirror(folder, { clock: stillClock(), fileLimit })
    mirror.append(note(size))
    await mirror.close()
    assert.equal(mirror.newest(), note(size))
  }
  const aside = join(folder, "checkpoints.jsonl.1")
  await write(1, 2 * line)
  await write(2, 2 * line + 1)
  assert.ok(!existsSync(aside), "below the limit")
  await write(3, 3 * line)
  assert.ok(!existsSync(aside), "at the limit")
  await write(4, 4 * line - 1)
  assert.deepEqual(
    [linesOf({ folder }).length, readFileSync(aside, "utf8").split("\n").length - 1],
    [1, 3],
    "beyond it",
  )
  rmSync(join(folder, "checkpoints.jsonl"))
  assert.equal(
    openMirror(folder, { clock: stillClock() }).newest(),
    note(3),
    "killed between setting aside and writing",
  )
})

test("links and loose folders are refused", async () => {
  const folder = freshFolder()
  mkdirSync(folder, { mode: 0o700 })
  symlinkSync(folder, `${folder}-link`)
  assert.throws(() => openMirror(`${folder}-link`, { clock: stillClock() }), /The mirror folder .* is a symbolic link/)
  symlinkSync(join(base, "target"), join(folder, "checkpoints.jsonl"))
  const mirror = openMirror(folder, { clock: stillClock() })
  mirror.append(note(1))
  await mirror.close()
  assert.equal(mirror.state().ok, false)
  assert.ok(!existsSync(join(base, "target")), "nothing is written through a link")
  mkdirSync(`${folder}-loose`, { mode: 0o755 })
  assert.throws(() => openMirror(`${folder}-loose`, { clock: stillClock() }), /can be opened by other users/)
})

test("a kill -9 at any time leaves a mirror that reads", async () => {
  const folder = freshFolder()
  const module = new URL("../../src/adapters/local/mirror.ts", import.meta.url).href
  const writer = `
    import { openMirror } from ${JSON.stringify(module)}
    let at = 0
    const mirror = openMirror(process.argv[1], { clock: { now: () => 0, monotonic: () => (at += 1000) } })
    const from = Number((mirror.newest() ?? "0").split(" ")[0])
    console.log("started")
    let size = from
    setInterval(() => { for (let i = 0; i < 20; i++) mirror.append(++size + " " + "x".repeat(5000)) }, 1)`
  let last = 0
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", writer, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    await once(child.stdout, "data")
    const file = join(folder, "checkpoints.jsonl")
    const before = existsSync(file) ? statSync(file).size : 0
    while (!existsSync(file) || statSync(file).size < before + 20_000)
      await new Promise((resolve) => setImmediate(resolve))
    child.kill("SIGKILL")
    await once(child, "exit")
    const newest = openMirror(folder, { clock: stillClock() }).newest() ?? ""
    assert.match(newest, /^[0-9]+ x{5000}$/)
    const size = Number(newest.split(" ")[0])
    assert.ok(size > last, "and it never goes back")
    last = size
  }
})
