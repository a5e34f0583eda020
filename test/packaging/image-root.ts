import { spawnSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Instruction, instructionsOf, only, pairsOf, type Stage, stagesOf } from "./dockerfile.ts"

export const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url))
export const DOCKERFILE = readFileSync(join(CHECKOUT, "Dockerfile"), "utf8")

/** What the Dockerfile makes, as a folder that one can chroot into. */
export interface Image {
  readonly root: string
  readonly env: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly health: readonly string[]
  readonly user: { readonly uid: number; readonly gid: number }
  readonly workdir: string
}

/** Whether packages are fetched anew, which takes 25 s of CPU; else they are those that the checkout has by the same lock. */
const FETCHED = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("registry")
const INSTALL = "npm ci --omit=dev --ignore-scripts"

/**
 * Does what the Dockerfile says, step by step, each stage in a root folder of its own. In place of the image that builds
 * stand this machine's npm and shell; in place of the image that runs the few libraries that Node asks for, which is what
 * gcr.io/distroless/cc holds.
 */
export function buildImage(folder: string, args: Readonly<Record<string, string>>): Image {
  const [build, run] = stagesOf(instructionsOf(DOCKERFILE)) as [Stage, Stage]
  const roots = { [String(build.name)]: join(folder, "build-stage"), final: join(folder, "image") }
  mkdirSync(roots["build"] as string)
  doSteps(build, roots["build"] as string, roots, args)
  mkdirSync(roots.final)
  layBase(roots.final, join(roots["build"] as string, "build/node_modules/.bin/node"))
  doSteps(run, roots.final, roots, args)
  const [uid = 0, gid = 0] = only(run, "USER").split(":").map(Number)
  return {
    root: roots.final,
    env: pairsOf(only(run, "ENV")),
    entrypoint: JSON.parse(only(run, "ENTRYPOINT")) as string[],
    command: JSON.parse(only(run, "CMD")) as string[],
    health: JSON.parse(only(run, "HEALTHCHECK").replace(/^.* CMD /, "")) as string[],
    user: { uid, gid },
    workdir: only(run, "WORKDIR"),
  }
}

type Roots = Readonly<Record<string, string>>

function doSteps({ steps }: Stage, root: string, roots: Roots, args: Readonly<Record<string, string>>): void {
  let workdir = "/"
  const env: Record<string, string> = {}
  for (const { word, rest } of steps)
    if (word === "WORKDIR") {
      workdir = rest
      mkdirSync(join(root, workdir), { recursive: true })
    } else if (word === "ARG") Object.assign(env, given(pairsOf(rest.includes("=") ? rest : `${rest}=`), args))
    else if (word === "COPY") copy(rest, root, workdir, roots)
    else if (word === "RUN" && rest === INSTALL && !FETCHED) linkPackages(join(root, workdir))
    else if (word === "RUN") shell(rest, join(root, workdir), env)
    else mustBeKnown({ word, rest })
}

/** What only says how the image is run. */
const SAYS_HOW = new Set(["LABEL", "ENV", "USER", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"])

function mustBeKnown({ word }: Instruction): void {
  if (!SAYS_HOW.has(word)) throw new Error(`${word} is not done here`)
}

function given(declared: Readonly<Record<string, string>>, args: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, args[name] ?? value]))
}

function copy(rest: string, root: string, workdir: string, roots: Roots): void {
  const words = rest.split(" ")
  const flags = words.filter((word) => word.startsWith("--"))
  const paths = words.filter((word) => !word.startsWith("--"))
  const to = paths.pop() as string
  const stage = flags.find((flag) => flag.startsWith("--from="))?.slice("--from=".length)
  const source = stage === undefined ? CHECKOUT : (roots[stage] as string)
  const target = join(root, to.startsWith("/") ? to : join(workdir, to))
  for (const path of paths) {
    const into = to.endsWith("/") ? join(target, path) : target
    mkdirSync(dirname(into), { recursive: true })
    // By links where that can be: what is copied from a stage is not written to again.
    const done = stage === undefined ? 1 : spawnSync("cp", ["-al", join(source, path), into]).status
    if (done !== 0) cpSync(join(source, path), into, { recursive: true, verbatimSymlinks: true, filter: isSent })
  }
  const owner = flags.find((flag) => flag.startsWith("--chown="))?.slice("--chown=".length)
  if (owner === undefined) return
  const [uid = 0, gid = 0] = owner.split(":").map(Number)
  chownSync(target, uid, gid)
}

/** As `.dockerignore` has it. */
function isSent(path: string): boolean {
  return !path.endsWith(".test.ts")
}

function shell(command: string, cwd: string, more: Readonly<Record<string, string>>): void {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], npm_config_prefer_offline: "true", ...more }
  const done = spawnSync("/bin/sh", ["-c", command], { cwd, env, encoding: "utf8" })
  if (done.status !== 0) throw new Error(`RUN ${command}: ${done.stdout}${done.stderr}`)
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
}

/** What is installed here without what the lock says is for development: links where that can be, and the programs' own. */
export function linkPackages(into: string): void {
  const { packages } = JSON.parse(readFileSync(join(CHECKOUT, "package-lock.json"), "utf8")) as Lock
  const here = Object.entries(packages).filter(([path]) => path !== "" && existsSync(join(CHECKOUT, path)))
  const top = here.filter(([path, { dev }]) => dev !== true && path.lastIndexOf("node_modules/") === 0)
  const link = (flags: string) =>
    spawnSync("cp", [flags, "--parents", "-t", into, ...top.map(([path]) => path)], { cwd: CHECKOUT, encoding: "utf8" })
  const linked = link("-al")
  // Another file system.
  const done = linked.status === 0 ? linked : link("-a")
  if (done.status !== 0) throw new Error(done.stderr)
  for (const [path, { dev }] of here) if (dev === true) rmSync(join(into, path), { recursive: true, force: true })
  const bin = join(into, "node_modules/.bin")
  mkdirSync(bin)
  for (const name of readdirSync(join(CHECKOUT, "node_modules/.bin"))) {
    const target = readlinkSync(join(CHECKOUT, "node_modules/.bin", name))
    if (existsSync(join(bin, target))) symlinkSync(target, join(bin, name))
  }
}

/** Libraries, the user, and places for mounts. */
function layBase(root: string, node: string): void {
  for (const path of librariesOf(node)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    copyFileSync(path, join(root, path))
  }
  for (const place of ["etc", "proc", "dev", "tmp", "run"]) mkdirSync(join(root, place), { recursive: true })
  chmodSync(join(root, "tmp"), 0o1777)
  writeFileSync(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
  )
}

function librariesOf(program: string): readonly string[] {
  const said = spawnSync("ldd", [program], { encoding: "utf8" })
  if (said.status !== 0) throw new Error(`ldd: ${said.stderr}`)
  const paths = Array.from(said.stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g), ([, path]) => path as string)
  return paths.filter((path) => existsSync(path))
}
