import assert from "node:assert/strict"
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { forgetToken, storedToken, storeToken, TokenFileError, tokenPath } from "../../src/cli/token-file.ts"
import { parseAddress } from "../../src/client/address.ts"
import { type FakeWorld, fakeWorld } from "./world.ts"

const HERE = parseAddress("http://localhost:7070")
const THERE = parseAddress("https://tyler.example.com")

function inHome(use: (world: FakeWorld, path: string) => void): void {
  const home = mkdtempSync(join(tmpdir(), "tyler-token-"))
  try {
    const world = fakeWorld({ home })
    use(world, tokenPath(world))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

function stored(world: FakeWorld, path: string): void {
  storeToken(world, HERE, "tok", null)
  assert.equal(storedToken(world, HERE), "tok")
  assert.ok(path.startsWith(world.home ?? "nowhere"))
}

test("without a home folder it says what to set, unless XDG_CONFIG_HOME says where", () => {
  assert.throws(() => tokenPath(fakeWorld({ home: null })), /no home folder; set HOME or TYLER_TOKEN/)
  const world = fakeWorld({ home: null, env: { XDG_CONFIG_HOME: "/etc/ada" } })
  assert.equal(tokenPath(world), "/etc/ada/tyler/token.json")
})

test("each address has its own token, in a file and folder for the owner alone", () =>
  inHome((world, path) => {
    assert.equal(storedToken(world, HERE), undefined)
    storeToken(world, HERE, "tok-1", null)
    storeToken(world, THERE, "tok-2", "2026-11-25T00:00:00.000Z")
    storeToken(world, HERE, "tok-3", null)
    assert.deepEqual([storedToken(world, HERE), storedToken(world, THERE)], ["tok-3", "tok-2"])
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700)
    assert.deepEqual(readdirSync(dirname(path)), ["token.json"])
    assert.deepEqual([forgetToken(world, HERE), forgetToken(world, HERE)], [true, false])
    assert.deepEqual([storedToken(world, HERE), storedToken(world, THERE)], [undefined, "tok-2"])
  }))

test("a symbolic link is refused, even to a proper file, and never written through", () =>
  inHome((world, path) => {
    stored(world, path)
    const real = `${path}.real`
    writeFileSync(real, readFileSync(path), { mode: 0o600 })
    rmSync(path)
    symlinkSync(real, path)
    assert.throws(() => storedToken(world, HERE), TokenFileError)
    assert.throws(() => storeToken(world, HERE, "other", null), TokenFileError)
    assert.doesNotMatch(readFileSync(real, "utf8"), /other/)
  }))

test("a file that others may read, that is somebody else's, or that is no file is refused", () =>
  inHome((world, path) => {
    stored(world, path)
    for (const mode of [0o640, 0o604, 0o602]) {
      chmodSync(path, mode)
      assert.throws(() => storedToken(world, HERE), /chmod 600/)
    }
    chmodSync(path, 0o600)
    const other = fakeWorld({ home: world.home, uid: (world.uid ?? 0) + 1 })
    assert.throws(() => storedToken(other, HERE), /another user/)
    rmSync(path)
    mkdirSync(path)
    assert.throws(() => storedToken(world, HERE), TokenFileError)
  }))

test("a folder that others may write to holds no token", () =>
  inHome((world, path) => {
    mkdirSync(dirname(path), { recursive: true })
    chmodSync(dirname(path), 0o777)
    assert.throws(() => storeToken(world, HERE, "tok", null), /chmod 700/)
    assert.deepEqual(readdirSync(dirname(path)), [])
  }))

test("damage is said, without a word of what the file holds", () =>
  inHome((world, path) => {
    stored(world, path)
    for (const text of ["{", "7", '{"http://localhost:7070": {"token": "canary"']) {
      writeFileSync(path, text)
      assert.throws(
        () => storedToken(world, HERE),
        (error: Error) => error instanceof TokenFileError && !error.message.includes("canary"),
      )
    }
  }))

test("a relative XDG_CONFIG_HOME is ignored", () => {
  const world = (XDG_CONFIG_HOME: string) => fakeWorld({ home: "/home/ada", env: { XDG_CONFIG_HOME } })
  assert.equal(tokenPath(world("/etc/xdg")), "/etc/xdg/tyler/token.json")
  for (const odd of ["", "config", "./x"]) assert.equal(tokenPath(world(odd)), "/home/ada/.config/tyler/token.json")
})
