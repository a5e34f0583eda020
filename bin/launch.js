import module, { createRequire } from "node:module"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { isBuilt } from "./built.js"

const load = createRequire(import.meta.url)
/** Not imported: an import of `node:fs` makes all that it exports, its promises and streams among them. */
const { existsSync, lstatSync, mkdirSync, writeFileSync } = load("node:fs")

/**
 * Starts a program of ours under Node 24, whatever Node npm happened to use: the packaged one, unless this already is
 * recent enough. The server is started through a shell that sets the core limit to 0 (a core would hold plaintext), where
 * there is a shell, and with SIGUSR1's debugger disabled.
 */
const LEAST = [24, 12]
const HERE = dirname(fileURLToPath(import.meta.url))
const INNER = join(HERE, "inner.js")
const ENTRIES = { cli: "cli/main", server: "main/server" }
const SHELL = "/bin/sh"
const NO_CORES = 'ulimit -c 0; exec "$0" "$@"'

export function launch(program) {
  if (program === "cli" && recent()) return run(program, process.argv.slice(2))
  const node = recent() ? process.execPath : packagedNode()
  if (node === undefined) {
    process.stderr.write(
      `tyler: needs Node ${LEAST.join(".")} or newer; this is ${process.version} and none came with npm ci\n`,
    )
    process.exitCode = 1
    return undefined
  }
  const inner = [INNER, program, ...process.argv.slice(2)]
  if (program === "cli") return replace(node, inner)
  const server = ["--disable-sigusr1", ...inner]
  return existsSync(SHELL) ? replace(SHELL, ["-c", NO_CORES, node, ...server]) : replace(node, server)
}

/** Imports the program and gives its exit code to the shell. */
export async function run(program, argv) {
  const entry = isBuilt() ? join("dist", `${ENTRIES[program]}.js`) : join("src", `${ENTRIES[program]}.ts`)
  useCompileCache()
  if (program === "server") {
    process.umask(0o077)
    emptyCores()
  }
  const { main } = await import(pathToFileURL(join(HERE, "..", entry)).href)
  process.exitCode = await main(argv)
}

/**
 * No memory goes into a core, whoever writes it (core(5)). The limit of 0 does not reach a core that is piped to a program, and an
 * image without a shell has only the limit that its engine gives it.
 */
function emptyCores() {
  try {
    writeFileSync("/proc/self/coredump_filter", "0")
  } catch {
    // No Linux, or no /proc: the limit holds alone.
  }
}

function recent() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])
}

function packagedNode() {
  try {
    const found = load.resolve(`node-${process.platform}-${process.arch}/package.json`)
    const node = join(dirname(found), "bin", "node")
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

/** In place where Node can (24); else a child that gets our signals and whose end is ours. */
function replace(file, args) {
  if (typeof process.execve === "function") return process.execve(file, [file, ...args], process.env)
  const { spawn } = load("node:child_process")
  const child = spawn(file, args, { stdio: "inherit" })
  const forward = (signal) => child.kill(signal)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward)
  child.on("error", (error) => {
    process.stderr.write(`tyler: cannot start ${file}: ${error.code}\n`)
    process.exitCode = 1
  })
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const one of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(one, forward)
    process.kill(process.pid, signal)
  })
  return undefined
}

/** Compiled code is kept in a folder of this user's alone: whoever can write there decides what runs. */
function useCompileCache() {
  try {
    // A user without a name has no home folder either: asking for it throws (a container under a uid of its own).
    const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache")
    const folder = join(base, "tyler-setup")
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stat = lstatSync(folder)
    if (stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0)
      module.enableCompileCache(folder)
  } catch {
    // Without a cache everything works, only a little slower.
  }
}
