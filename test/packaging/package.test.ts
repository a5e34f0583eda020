import assert from "node:assert/strict"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, before, describe, test } from "node:test"
import { olderNode } from "../../bench/node20.ts"
import { freePort } from "../kit/free-port.ts"
import { setUpAdmin } from "../kit/people.ts"
import { createSecret, REASON } from "../kit/secrets.ts"
import { CHECKOUT, linkPackages } from "./image-root.ts"

const COMMIT = "0123456789abcdef0123456789abcdef01234567"

const DECLARED = "dist/client/client.d.ts"

/** What is packed from, but for tests. */
const SOURCES = [
  "bin",
  "deploy",
  "docs",
  "spec",
  "src",
  "tools",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.client.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "SECURITY.md",
  ".npmrc",
]

describe("the package of npm", () => {
  const folder = mkdtempSync(join(tmpdir(), "tyler-package-"))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const [checkout, installed, home] = [join(folder, "checkout"), join(folder, "package"), join(folder, "home")]
  /** No variable of ours, no cache, and none of npm's own settings. */
  const ELSEWHERE = { PATH: process.env["PATH"] ?? "", HOME: home }

  function done(cwd: string, file: string, args: readonly string[], env: NodeJS.ProcessEnv = ELSEWHERE): string {
    const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, env, encoding: "utf8" })
    assert.equal(status, 0, `${file} ${args.join(" ")}: ${error?.message ?? stderr}`)
    return stdout
  }

  before(() => {
    mkdirSync(home)
    for (const part of SOURCES)
      cpSync(join(CHECKOUT, part), join(checkout, part), {
        recursive: true,
        filter: (path) => !path.endsWith(".test.ts"),
      })
    const facts = { TYLER_COMMIT: COMMIT, SOURCE_DATE_EPOCH: "1767225600" }
    done(checkout, process.execPath, ["tools/prepack.ts", "--without-types"], { ...ELSEWHERE, ...facts })
    // In place of the compiler's; then `prepare`, as npm does before it packs.
    writeFileSync(join(checkout, DECLARED), "export {}\n")
    done(checkout, process.execPath, ["bin/tyler.js", "--version"])
    done(checkout, "npm", ["pack", "--ignore-scripts", "--pack-destination", folder])
    const [tarball = ""] = globSync("tyler-setup-*.tgz", { cwd: folder })
    rmSync(checkout, { recursive: true })
    done(folder, "tar", ["-xzf", tarball])
  })

  test("it holds what runs, the documents and the lock, and neither sources nor tests", () => {
    const files = globSync("**/*", { cwd: installed }).filter((path) => statSync(join(installed, path)).isFile())
    const places = new Set(files.map((path) => (path.includes("/") ? `${dirname(path).split("/")[0]}/` : path)))
    const plain = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "npm-shrinkwrap.json", "package.json"]
    assert.deepEqual([...places].toSorted(), [...plain, "bin/", "deploy/", "dist/", "docs/", "spec/"].toSorted())
    assert.deepEqual(
      files.filter((path) => /\.test\.|(?<!\.d)\.ts$|stamp|\.part$/.test(path)),
      [],
    )
    assert.ok(files.includes(DECLARED), "npm's own step before packing took the types away")
    const lock = readFileSync(join(CHECKOUT, "package-lock.json"), "utf8")
    assert.equal(readFileSync(join(installed, "npm-shrinkwrap.json"), "utf8"), lock)
  })

  test("npm ci takes its lock for the whole truth; nothing is asked of a registry to know what belongs there", () => {
    const [ci, why] = ["ci --omit=dev --ignore-scripts", "--dry-run --offline"].map((text) => text.split(" "))
    assert.match(done(installed, "npm", [...(ci ?? []), ...(why ?? [])]), /added 1\d\d packages/)
    linkPackages(installed)
  })

  const older = olderNode()
  for (const [name, node, skip] of [
    ["Node 24", process.execPath, false],
    [
      `Node ${older?.version ?? 20}, which starts the Node 24 that came along`,
      older?.path ?? "",
      older === undefined ? "node 20" : false,
    ],
  ] as const)
    test(`it serves and reads where nothing else is, under ${name}`, { skip }, async (t) => {
      const built = statSync(join(installed, "dist/main/server.js")).mtimeMs
      const data = mkdtempSync(join(folder, "data-"))
      const port = await freePort()
      const env = { ...ELSEWHERE, PORT: `${port}`, TYLER_DATA_DIR: join(data, "data"), LOG_LEVEL: "fatal" }
      const tyler = (args: readonly string[], more: NodeJS.ProcessEnv = {}): string =>
        done(data, node, [join(installed, "bin/tyler.js"), ...args], { ...ELSEWHERE, ...more })
      const [first, commit, at, runtime] = tyler(["--version"]).split("\n")
      assert.deepEqual([first, commit, at], ["tyler 0.1.0", `commit ${COMMIT}`, "built 2026-01-01T00:00:00.000Z"])
      assert.match(runtime ?? "", /^Node 24\./)
      const server = spawn(node, [join(installed, "bin/tyler-server.js"), "serve"], { cwd: data, env })
      t.after(() => ended(server, "SIGKILL"))
      const url = `http://localhost:${port}`
      const admin = await setUpAdmin({ url, setupToken: await setupTokenOf(server) })
      await createSecret(admin, "config/app", "kept")
      const mine = { TYLER_URL: url, TYLER_TOKEN: admin.token ?? "" }
      assert.equal(tyler(["get", "config/app", "--reveal", "--reason", REASON], mine).trim(), "kept")
      assert.equal(done(data, node, [join(installed, "bin/tyler-server.js"), "health"], env), "ready\n")
      assert.equal(await ended(server, "SIGTERM"), 0)
      assert.equal(statSync(join(installed, "dist/main/server.js")).mtimeMs, built)
    })

  test("a user whom the system does not know, with no HOME, can use it, and hears what needs a home folder", {
    skip: process.getuid?.() === 0 ? false : "root",
  }, () => {
    chmodSync(folder, 0o755)
    const tyler = (...args: string[]) =>
      spawnSync(process.execPath, [join(installed, "bin/tyler.js"), ...args], {
        cwd: "/",
        env: {},
        uid: 54_321,
        gid: 54_321,
        encoding: "utf8",
      })
    assert.equal(tyler("--version").stdout.split("\n")[0], "tyler 0.1.0")
    const { status, stderr } = tyler("ls", "--url", "http://localhost:9")
    assert.deepEqual([status, stderr], [1, "tyler: this user has no home folder; set HOME or TYLER_TOKEN\n"])
  })
})

/** The token that a first start prints. @throws if it ends before */
async function setupTokenOf(server: ChildProcess): Promise<string> {
  let said = ""
  let complaint = ""
  server.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint += text
  })
  for await (const text of server.stdout ?? []) {
    said += String(text)
    const token = /^Setup token: (\S+)\n/m.exec(said)?.[1]
    if (token !== undefined) return token
  }
  return assert.fail(`it ended at start: ${complaint}`)
}

async function ended(server: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (server.exitCode !== null || server.signalCode !== null) return server.exitCode
  const end = once(server, "exit") as Promise<[number | null]>
  server.kill(signal)
  return (await end)[0]
}
