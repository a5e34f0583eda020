import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { optionsOf } from "../../src/cli/command.ts"
import { completionScript } from "../../src/cli/completion.ts"
import { tyler } from "../../src/cli/main.ts"
import { COMMANDS } from "../../src/cli/table.ts"
import { type FakeWorld, fakeWorld } from "./world.ts"

async function said(argv: readonly string[], world: FakeWorld = fakeWorld()) {
  return { code: await tyler(argv, world), ...world.said }
}

test("every command has help that names its operands and each of its options", async () => {
  const { out } = await said(["help"])
  for (const command of COMMANDS) {
    assert.ok(out.includes(`\n  ${command.words} `), command.words)
    const help = await said(["help", ...command.words.split(" ")])
    assert.equal(help.code, 0)
    assert.ok(help.out.startsWith(`Usage: tyler ${command.words}`))
    for (const { name } of optionsOf(command)) assert.ok(help.out.includes(`--${name}`), `${command.words} --${name}`)
    assert.deepEqual(await said([...command.words.split(" "), "--help"]), help)
  }
})

test("every command can be loaded, and no two share a name or an option", async () => {
  assert.equal(new Set(COMMANDS.map(({ words }) => words)).size, COMMANDS.length)
  for (const command of COMMANDS) {
    assert.equal(typeof (await command.load()).run, "function")
    const names = optionsOf(command).flatMap(({ name, short }) => [name, short].filter((one) => one !== undefined))
    assert.equal(new Set(names).size, names.length, command.words)
  }
})

test("what is not understood leaves with 2 and is not repeated", async () => {
  const canary = "hunter2"
  const wrong: readonly (readonly string[])[] = [
    [],
    [canary],
    ["policy"],
    ["policy", canary],
    ["help", canary],
    ["get"],
    ["get", "a/b", canary],
    ["get", "a/b", "--stage"],
    ["get", "a/b", `--reveal=${canary}`],
    ["set", "a/b", canary],
    ["set", "a/b", `--value=${canary}`],
    ["ls", `-${canary}`],
    ["rollback", "a/b"],
    ["completion", canary],
    ["audit", "verify", "file"],
    ["audit", "tail", "--limit", canary],
    ["get", "a/b", "--", canary],
  ]
  for (const argv of wrong) {
    const { code, out, err } = await said(argv)
    assert.deepEqual([code, out], [2, ""], argv.join(" "))
    assert.doesNotMatch(err, new RegExp(canary), argv.join(" "))
  }
})

test("errors are JSON with --json, but not for the words of a command that run starts", async () => {
  const { err } = await said(["get", "--json"])
  assert.equal((JSON.parse(err) as { code: string }).code, "usage")
  assert.match((await said(["run", "extra", "--", "ls", "--json"])).err, /^tyler: /)
})

test("colour is for terminals, and not with NO_COLOR", async () => {
  const { styled } = await import("../../src/cli/print.ts")
  const at = (terminal: boolean, env: Record<string, string>) => {
    const world = fakeWorld({ terminal, env })
    return styled(world, world.stdout, "red", "x")
  }
  assert.equal(at(true, {}), "\u001b[31mx\u001b[39m")
  for (const plain of [at(false, {}), at(true, { NO_COLOR: "1" }), at(true, { TERM: "dumb" })]) assert.equal(plain, "x")
})

test("the version is the package's, alone on the first line", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string
  }
  const [first, ...facts] = (await said(["--version"])).out.split("\n")
  assert.equal(first, `tyler ${version}`)
  assert.equal(
    facts.join("\n"),
    `not built: run from its sources\nNode ${process.versions.node}, linux ${process.arch}\n`,
  )
})

test("completion scripts name every command and option, and no secret", () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = completionScript(shell, COMMANDS) ?? ""
    for (const command of COMMANDS) {
      for (const word of command.words.split(" ")) assert.ok(script.includes(word), `${shell} ${word}`)
      for (const { name } of optionsOf(command)) assert.ok(script.includes(name), `${shell} --${name}`)
    }
  }
  for (const odd of ["tcsh", "constructor", ""]) assert.equal(completionScript(odd, COMMANDS), undefined)
})

test("bash completes commands, their second words and their options", { skip: !existsSync("/bin/bash") }, () => {
  const script = completionScript("bash", COMMANDS) ?? ""
  const complete = (...words: string[]) => {
    const list = ["tyler", ...words].map((word) => `'${word}'`).join(" ")
    const ask = `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _tyler; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync("/bin/bash", ["--norc", "-c", `${script}\n${ask}`], { encoding: "utf8" })
    assert.equal(stderr, "")
    return stdout.trim().split("\n")
  }
  assert.deepEqual(complete("rest"), ["restore"])
  assert.deepEqual(complete("audit", ""), ["tail", "export", "key", "verify"])
  assert.deepEqual(complete("audit", "verify", "--c"), ["--checkpoint"])
  assert.deepEqual(complete("get", "config/app", "--re"), ["--reveal", "--reason"])
  assert.deepEqual(complete("completion", "z"), ["zsh"])
  assert.deepEqual(complete("help", "who"), ["whoami", "who"])
})
