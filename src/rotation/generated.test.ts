import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import { RotationFault } from "./fault.ts"
import { generatedSteps } from "./generated.ts"
import type { StepContext } from "./steps.ts"

const context: StepContext = {
  token: "t",
  random: systemRandom,
  now: Date.now,
  signal: new AbortController().signal,
  addressOf: () => Promise.reject(new Error("nobody is asked")),
  hosts: [],
  effect: (_, act) => act(),
}

async function drawn(generate: object): Promise<Record<string, string>> {
  const current = JSON.stringify({ note: "stays", generate })
  generatedSteps.check({ current })
  const pending = await generatedSteps.create({ current }, context)
  assert.equal(await generatedSteps.create({ current, pending }, context), pending)
  await generatedSteps.set({ current, pending }, context)
  await generatedSteps.test({ current, pending }, context)
  const value = JSON.parse(pending) as Record<string, string>
  assert.equal(value["note"], "stays")
  assert.deepEqual(value["generate"], generate)
  return value
}

test("passwords, passphrases and tokens", async () => {
  assert.match((await drawn({ kind: "password" }))["password"] ?? "", /^[A-Za-z0-9._~-]{32}$/)
  assert.match(
    (await drawn({ kind: "password", length: 16, punctuation: false }))["password"] ?? "",
    /^[A-Za-z0-9]{16}$/,
  )
  assert.match((await drawn({ kind: "passphrase" }))["passphrase"] ?? "", /^([a-z]{5}-){5}[a-z]{5}$/)
  assert.match((await drawn({ kind: "token", bytes: 16 }))["token"] ?? "", /^[A-Za-z0-9_-]{22}$/)
  assert.notEqual((await drawn({ kind: "token" }))["token"], (await drawn({ kind: "token" }))["token"])
})

for (const generate of [{ kind: "rsa", bits: 2048 }, { kind: "ed25519" }])
  test(`${generate.kind} pairs sign and verify`, async () => {
    const { privateKey = "", publicKey = "" } = await drawn(generate)
    const hash = generate.kind === "rsa" ? "sha256" : null
    const signature = sign(hash, Buffer.from("text"), createPrivateKey(privateKey))
    assert.ok(verify(hash, Buffer.from("text"), createPublicKey(publicKey), signature))
  })

const noKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined ? false : "ssh-keygen"
for (const generate of [
  { kind: "ssh-rsa", bits: 2048, comment: "me@here" },
  { kind: "ssh-ed25519", comment: "me@here" },
  { kind: "ssh-ed25519" },
])
  test(`OpenSSH reads ${JSON.stringify(generate)}`, { skip: noKeygen }, async () => {
    const { privateKey = "", publicKey = "" } = await drawn(generate)
    const folder = mkdtempSync(join(tmpdir(), "tyler-test-"))
    try {
      const file = join(folder, "key")
      writeFileSync(file, privateKey)
      chmodSync(file, 0o600)
      const read = execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" })
      assert.equal(read.trim().split(" ").slice(0, 2).join(" "), publicKey.trim().split(" ").slice(0, 2).join(" "))
      if ("comment" in generate) assert.match(publicKey, /me@here\n$/)
      writeFileSync(join(folder, "text"), "text")
      execFileSync("ssh-keygen", ["-q", "-Y", "sign", "-n", "file", "-f", file, join(folder, "text")], {
        stdio: "ignore",
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

test("what cannot be drawn is refused before anything is drawn, naming the member", () => {
  const refused = (value: string, field: string): void =>
    assert.throws(
      () => generatedSteps.check({ current: value }),
      (error) => error instanceof RotationFault && error.code === "secret_invalid" && error.facts.field === field,
    )
  refused("plain text", "value")
  refused("[1]", "value")
  refused("{}", "generate")
  refused('{"generate":{"kind":"constructor"}}', "generate.kind")
  refused('{"generate":{"kind":"password","length":15}}', "generate.length")
  refused('{"generate":{"kind":"password","length":4097}}', "generate.length")
  refused('{"generate":{"kind":"token","bytes":15}}', "generate.bytes")
  refused('{"generate":{"kind":"token","bytes":1025}}', "generate.bytes")
  refused('{"generate":{"kind":"passphrase","words":3}}', "generate.words")
  refused('{"generate":{"kind":"rsa","bits":2049}}', "generate.bits")
  refused('{"generate":{"kind":"rsa","bits":1024}}', "generate.bits")
  refused('{"generate":{"kind":"ssh-rsa","comment":"two\\nlines"}}', "generate.comment")
  refused('{"generate":{"kind":"password","exclude":"0123456789"}}', "generate")
})
