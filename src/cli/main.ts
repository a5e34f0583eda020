import { homedir } from "node:os"
import { findCommand, parseCall } from "./parse.ts"
import { type Call, type Command, switched, UsageError } from "./command.ts"
import { DONE, USAGE } from "./exit.ts"
import { note, write } from "./print.ts"
import { COMMANDS } from "./table.ts"
import type { World } from "./world.ts"

/**
 * The command line: answers the exit code. Reads the process's environment here and nowhere else. A stream is made when
 * it is first looked at: standard input alone takes 10 ms, and most commands ask it nothing.
 */
export async function main(argv: string[]): Promise<number> {
  return tyler(argv, {
    env: process.env,
    get stdin() {
      return process.stdin
    },
    get stdout() {
      return process.stdout
    },
    get stderr() {
      return process.stderr
    },
    cwd: process.cwd(),
    home: homeFolder(),
    uid: process.getuid?.() ?? null,
    now: () => Date.now(),
  })
}

/** Null for a user whom this system does not know, while HOME is unset: a container under a uid of its own. */
function homeFolder(): string | null {
  try {
    return homedir()
  } catch {
    return null
  }
}

/** The same in a given world. */
export async function tyler(argv: readonly string[], world: World): Promise<number> {
  try {
    return await dispatch(argv, world)
  } catch (error) {
    const { failureOf } = await import("./failure.ts")
    const before = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv
    const failure = failureOf(error, before.includes("--json"))
    await note(world, failure.line)
    return failure.exit
  }
}

async function dispatch(argv: readonly string[], world: World): Promise<number> {
  const [first] = argv
  if (first === "--version" || first === "-V") return version(world)
  if (first === "help" || first === "--help" || first === "-h") return help(argv.slice(1), world)
  if (first === undefined) {
    const { overview } = await import("./help.ts")
    await write(world.stderr, overview(COMMANDS))
    return USAGE
  }
  const found = findCommand(COMMANDS, argv)
  if (!found) throw new UsageError(unknown(first))
  const call = parseCall(found.command, found.rest, world)
  if (switched(call, "help")) return showHelp(found.command, world)
  return run(call)
}

async function run(call: Call): Promise<number> {
  const { run } = await call.command.load()
  return (await run(call)) ?? DONE
}

async function help(words: readonly string[], world: World): Promise<number> {
  const asked = words.filter((word) => !word.startsWith("-"))
  if (asked.length > 0) {
    const found = findCommand(COMMANDS, asked)
    if (found) return showHelp(found.command, world)
    const group = COMMANDS.filter((row) => row.words.startsWith(`${asked[0] ?? ""} `))
    if (group.length === 0) throw new UsageError(unknown(asked[0] ?? ""))
    for (const command of group) await showHelp(command, world)
    return DONE
  }
  const { overview } = await import("./help.ts")
  await write(world.stdout, overview(COMMANDS))
  return DONE
}

async function showHelp(command: Command, world: World): Promise<number> {
  const { helpOf } = await import("./help.ts")
  await write(world.stdout, helpOf(command))
  return DONE
}

async function version(world: World): Promise<number> {
  const { readFile } = await import("node:fs/promises")
  const { runtimeOf, versionText } = await import("../core/build-facts.ts")
  const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8")
  const facts = await readFile(new URL("../build.json", import.meta.url), "utf8").catch(() => undefined)
  await write(world.stdout, `${versionText("tyler", manifest, facts, runtimeOf(process))}\n`)
  return DONE
}

/** Names the subcommands when the first word is a group's. Does not repeat what was typed: it may be a pasted secret. */
function unknown(first: string): string {
  const group = COMMANDS.filter((row) => row.words.startsWith(`${first} `)).map((row) =>
    row.words.slice(first.length + 1),
  )
  return group.length > 0 ? `${first} what? ${group.join(", ")}` : "there is no such command"
}
