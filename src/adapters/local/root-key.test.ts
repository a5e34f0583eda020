import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { systemRandom } from "../../core/random.ts"
import { StartFault } from "../../core/start-fault.ts"
import { createRootKey, loadRootKey, localKeyWrapper, rootKeyCheck } from "./root-key.ts"

const notRoot = process.getuid?.() === 0 ? false : "root"

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "tyler-root-key-"))
  t.after(() => rmSync(made, { recursive: true }))
  return made
}

/** One clear line, without a byte of the file. */
function stops(what: () => unknown, why: RegExp): void {
  assert.throws(what, (error: unknown) => {
    assert.ok(error instanceof StartFault)
    assert.match(error.message, why)
    assert.ok(!error.message.includes("\n"))
    return true
  })
}

test("a created key is 32 random bytes in a 0400 file in a 0700 folder, and loads again", (t) => {
  const path = join(folder(t), "keys", "root.key")
  const key = createRootKey(path, systemRandom)
  assert.equal(statSync(path).mode & 0o777, 0o400)
  assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700)
  assert.equal(readFileSync(path).byteLength, 32)
  assert.deepEqual(loadRootKey(path), key)
  assert.notDeepEqual(createRootKey(`${path}.2`, systemRandom), key)
})

test("nothing that is already there is replaced or followed", (t) => {
  const dir = folder(t)
  const path = join(dir, "root.key")
  const key = createRootKey(path, systemRandom)
  stops(() => createRootKey(path, systemRandom), /something is already there/)
  assert.deepEqual(loadRootKey(path), key)
  symlinkSync(join(dir, "elsewhere"), join(dir, "dangling"))
  stops(() => createRootKey(join(dir, "dangling"), systemRandom), /something is already there/)
  assert.throws(() => statSync(join(dir, "elsewhere")), { code: "ENOENT" })
})

test("a key is not made in a folder that others can open", (t) => {
  const open = join(folder(t), "open")
  mkdirSync(open)
  chmodSync(open, 0o750)
  stops(() => createRootKey(join(open, "root.key"), systemRandom), /can be opened by other users/)
  assert.throws(() => statSync(join(open, "root.key")), { code: "ENOENT" })
})

test("a key file of any other size, with rights for others, behind a link, or not a file stops the start", (t) => {
  const dir = folder(t)
  const path = join(dir, "root.key")
  stops(() => loadRootKey(path), /it is missing/)
  for (const size of [0, 31, 33, 64]) {
    writeFileSync(join(dir, `size-${size}`), Buffer.alloc(size, 1), { mode: 0o400 })
    stops(() => loadRootKey(join(dir, `size-${size}`)), /not 32 bytes long/)
  }
  createRootKey(path, systemRandom)
  for (const mode of [0o440, 0o404, 0o420, 0o402, 0o410, 0o401]) {
    chmodSync(path, mode)
    stops(() => loadRootKey(path), /can be read by others; run: chmod 400/)
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(path, mode)
    assert.equal(loadRootKey(path).byteLength, 32)
  }
  symlinkSync(path, join(dir, "link"))
  stops(() => loadRootKey(join(dir, "link")), /it is a symbolic link/)
  stops(() => loadRootKey(dir), /is not a file/)
})

test("a key of another owner stops the start", (t) => {
  const path = join(folder(t), "root.key")
  createRootKey(path, systemRandom)
  const uid = process.getuid
  t.after(() => {
    process.getuid = uid as () => number
  })
  process.getuid = () => 12_345
  stops(() => loadRootKey(path), /belongs to another user/)
})

test("a credential of systemd is taken: root's, and read by root's group as it seems", { skip: notRoot }, (t) => {
  const path = join(folder(t), "root.key")
  createRootKey(path, systemRandom)
  const { getuid } = process
  t.after(() => {
    process.getuid = getuid as () => number
  })
  process.getuid = () => 12_345
  chmodSync(path, 0o440)
  assert.equal(loadRootKey(path).byteLength, 32)
  for (const [mode, uid, gid] of [
    [0o444, 0, 0],
    [0o460, 0, 0],
    [0o640, 0, 0],
    [0o440, 1, 0],
    [0o440, 0, 1],
  ] as const) {
    chownSync(path, uid, gid)
    chmodSync(path, mode)
    stops(() => loadRootKey(path), /belongs to another user/)
  }
})

test("the check value is HMAC-SHA-256 of its label, differs between keys and is not the key", () => {
  const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  assert.deepEqual(rootKeyCheck(one), createHmac("sha256", one).update("tyler-root-key-check/1").digest())
  assert.equal(rootKeyCheck(one).toString("hex"), "817c11cc983cb17d252db8a9f6be71f725a52ae03895606631df2478bcdcbcfd")
  assert.notDeepEqual(rootKeyCheck(one), rootKeyCheck(two))
})

test("a wrapped key opens under the same root key, purpose and id only", async () => {
  const wrapper = localKeyWrapper(Buffer.alloc(32, 1), systemRandom)
  const context = { purpose: "kek", keyId: "k_1" }
  const key = Buffer.alloc(32, 9)
  const wrapped = await wrapper.wrap(key, context)
  assert.equal(wrapped.byteLength, 12 + 32 + 16)
  assert.deepEqual(Buffer.from(await wrapper.unwrap(wrapped, context)), key)
  assert.notDeepEqual(await wrapper.wrap(key, context), wrapped)
  const refused = { code: "internal", detail: /does not open under this root key/ }
  await assert.rejects(wrapper.unwrap(wrapped, { ...context, purpose: "log" }), refused)
  await assert.rejects(wrapper.unwrap(wrapped, { purpose: "kek", keyId: "k_2" }), { code: "internal" })
  await assert.rejects(wrapper.unwrap(wrapped, { purpose: "kekk", keyId: "_1" }), { code: "internal" })
  await assert.rejects(localKeyWrapper(Buffer.alloc(32, 2), systemRandom).unwrap(wrapped, context), refused)
})

test("no bit of a wrapped key can be changed, and none can be missing or added", async () => {
  const wrapper = localKeyWrapper(Buffer.alloc(32, 1), systemRandom)
  const context = { purpose: "kek", keyId: "k_1" }
  const wrapped = Buffer.from(await wrapper.wrap(Buffer.alloc(32, 9), context))
  for (let bit = 0; bit < wrapped.byteLength * 8; bit++) {
    const changed = Buffer.from(wrapped)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    await assert.rejects(wrapper.unwrap(changed, context), { code: "internal" })
  }
  for (let size = 0; size < wrapped.byteLength; size++)
    await assert.rejects(wrapper.unwrap(wrapped.subarray(0, size), context), { code: "internal" })
  await assert.rejects(wrapper.unwrap(Buffer.concat([wrapped, wrapped]), context), { code: "internal" })
})
