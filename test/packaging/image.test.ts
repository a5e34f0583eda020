import assert from "node:assert/strict"
import { type ChildProcess, execFile, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, before, describe, test } from "node:test"
import { promisify } from "node:util"
import { freePort } from "../kit/free-port.ts"
import { setUpAdmin } from "../kit/people.ts"
import { createSecret, read } from "../kit/secrets.ts"
import { temporaryFolder } from "../kit/server.ts"
import { runContained } from "./contained.ts"
import { instructionsOf, pairsOf, type Stage, stagesOf } from "./dockerfile.ts"
import { buildImage, CHECKOUT, DOCKERFILE, type Image } from "./image-root.ts"

const run = promisify(execFile)
const DIGEST = `sha256:${"0".repeat(64)}`
const BY_DIGEST = { NODE_IMAGE: `node@${DIGEST}`, BASE_IMAGE: `gcr.io/distroless/cc-debian12@${DIGEST}` }
const COMMIT = "0123456789abcdef0123456789abcdef01234567"

/** Without a container engine: root, and a kernel that lends a mount namespace. */
const noContainment =
  process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0 ? false : "root and unshare"

describe("the image, by the Dockerfile's own steps", { skip: noContainment }, () => {
  const folder = temporaryFolder()
  let image: Image
  before(() => {
    image = buildImage(folder, { ...BY_DIGEST, TYLER_COMMIT: COMMIT, SOURCE_DATE_EPOCH: "1767225600" })
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const within = (argv: readonly string[], env = {}): ChildProcess => runContained(image, volumes(), argv, env)
  const volumes = (): string => join(folder, "volumes")

  /** As the engine runs it, to its end. */
  async function ended(argv: readonly string[], env = {}) {
    const child = within(argv, env)
    const [out, err, [code]] = await Promise.all([
      text(child.stdout as NonNullable<typeof child.stdout>),
      text(child.stderr as NonNullable<typeof child.stderr>),
      once(child, "exit") as Promise<[number | null]>,
    ])
    return { code, out, err }
  }

  test("says what was built, from which commit and when", async () => {
    const said = await ended([...image.entrypoint, "--version"])
    assert.equal(said.code, 0, said.err)
    assert.match(
      said.out,
      new RegExp(`^tyler-server \\S+\ncommit ${COMMIT}\nbuilt 2026-01-01T00:00:00.000Z\nNode 24\\.`),
    )
  })

  test("holds what runs and nothing else", () => {
    const app = join(image.root, "app")
    assert.deepEqual(readdirSync(app).toSorted(), ["LICENSE", "bin", "dist", "node_modules", "package.json"])
    assert.ok(!existsSync(join(app, "node_modules/typescript")), "nothing for development")
    for (const shell of ["bin/sh", "bin/bash", "usr/bin/env"]) assert.ok(!existsSync(join(image.root, shell)), shell)
    assert.equal(statSync(join(image.root, "data")).uid, 65_532)
    assert.equal(statSync(join(image.root, "data")).mode & 0o777, 0o700)
    assert.notEqual(image.user.uid, 0)
  })

  test("as it comes it says what is missing: nobody serves beyond loopback in the clear", async () => {
    const said = await ended([...image.entrypoint, ...image.command])
    assert.equal(said.code, 2, said.err)
    assert.match(said.err, /TLS_CERT_FILE|TRUSTED_PROXIES/)
  })

  test("serves with a root that cannot be written, is asked for its health, and keeps its data over a restart", async () => {
    const port = await freePort()
    const env = { HOST: "127.0.0.1", PORT: String(port) }
    const started = async () => {
      const server = within([...image.entrypoint, ...image.command], env)
      let [out, err] = ["", ""]
      server.stderr?.on("data", (piece: Buffer) => (err += piece.toString()))
      await new Promise<void>((resolve, reject) => {
        server.stdout?.on("data", (piece: Buffer) => {
          out += piece.toString()
          if (/listens on \S+\n/.test(out)) resolve()
        })
        server.once("exit", () => reject(new Error(out + err)))
      })
      return { server, out: () => out }
    }
    const health = () => ended(image.health, env)
    assert.equal((await health()).code, 1, "nobody there")
    const first = await started()
    const url = `http://127.0.0.1:${port}`
    const setupToken = /^Setup token: (\S+)$/m.exec(first.out())?.[1] ?? null
    const admin = await setUpAdmin({ url, setupToken })
    await createSecret(admin, "config/app", "kept in the volume")
    assert.deepEqual(await health(), { code: 0, out: "ready\n", err: "" })

    const { stdout } = await run("cat", [`/proc/${first.server.pid}/status`])
    assert.match(stdout, /^Uid:\t65532\t65532\t65532\t65532$/m)
    assert.match((await run("cat", [`/proc/${first.server.pid}/coredump_filter`])).stdout, /^0+$/m)
    first.server.kill("SIGTERM")
    assert.deepEqual(await once(first.server, "exit"), [0, null])

    const second = await started()
    assert.equal((await read(admin, "config/app")).body.value, "kept in the volume")
    second.server.kill("SIGTERM")
    await once(second.server, "exit")
  })
})

test("images are given by digest, and only so", () => {
  assert.doesNotMatch(DOCKERFILE, /^FROM (?!\$\{)/m)
  assert.doesNotMatch(DOCKERFILE, /^ARG \w+_IMAGE=/m)
  const [build, last] = stagesOf(instructionsOf(DOCKERFILE)) as [Stage, Stage]
  const check = build.steps.find(({ word }) => word === "RUN")?.rest ?? ""
  const judged = (more: object) => spawnSync("/bin/sh", ["-c", check], { env: { ...BY_DIGEST, ...more } }).status
  assert.deepEqual(
    [judged({}), judged({ NODE_IMAGE: "node:24" }), judged({ BASE_IMAGE: "cc:latest" }), judged({ BASE_IMAGE: "" })],
    [0, 1, 1, 1],
  )
  const { version } = JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8")) as { version: string }
  assert.ok(last.steps.some(({ word, rest }) => word === "ARG" && rest === `TYLER_VERSION="${version}"`))
  const labels = last.steps.filter(({ word }) => word === "LABEL").map(({ rest }) => pairsOf(rest))
  const facts = Object.entries(Object.assign({}, ...labels) as Record<string, string>)
  for (const fact of ["version=${TYLER_VERSION}", "revision=${TYLER_COMMIT}", "created=${CREATED}"])
    assert.ok(
      facts.some(([name, value]) => `${name.replace(/.*\./, "")}=${value}` === fact),
      fact,
    )
})
