import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath, pathToFileURL } from "node:url"
import { inspect } from "node:util"
import { createSecret } from "../kit/secrets.ts"
import { temporaryFolder } from "../kit/server.ts"
import { openStage } from "../kit/stage.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const PAGE = readFileSync(join(ROOT, "docs/client.md"), "utf8")

/** The examples as one program: what they import first, then their lines in order. */
function programOf(page: string): { readonly source: string; readonly expected: readonly string[] } {
  const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? "")
  assert.ok(blocks.length >= 8)
  const lines = blocks.join("\n").split("\n")
  const client = JSON.stringify(join(ROOT, "src/client/client.ts"))
  const isImport = (line: string): boolean => line.startsWith("import ")
  const imports = lines.filter(isImport).map((line) => line.replace('"tyler-setup/client"', client))
  const expected = lines.flatMap((line) => /\/\/ -> (.*)$/.exec(line)?.[1] ?? [])
  const run = "export default async (console: { log(...values: unknown[]): void }) => {"
  const body = lines.filter((line) => !isImport(line))
  return { source: [...imports, run, ...body, "}"].join("\n"), expected }
}

test("docs/client.md does what it says, line by line, against a server", async () => {
  const stage = await openStage({})
  after(() => stage.close())
  await createSecret(stage.admin, "other/one", "not in the list")
  const { source, expected } = programOf(PAGE)
  const file = join(stage.server.folder, "examples.mts")
  writeFileSync(file, source)
  process.env["TYLER_URL"] = stage.server.url
  process.env["TYLER_TOKEN"] = stage.admin.token ?? ""
  const said: string[] = []
  const log = (...values: unknown[]): void => {
    said.push(values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "))
  }
  const { default: run } = (await import(pathToFileURL(file).href)) as { default: (to: object) => Promise<void> }
  await run({ log })
  assert.deepEqual(said, expected)
  assert.ok(expected.length > 12)
})

const TYPES = {
  typeRoots: [join(ROOT, "node_modules/@types")],
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: false,
  isolatedModules: false,
}

test("its examples are well typed", () => {
  const folder = temporaryFolder()
  after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, "examples.mts"), programOf(PAGE).source)
  const options = { extends: join(ROOT, "tsconfig.json"), compilerOptions: TYPES, include: ["examples.mts"] }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options))
  const { stdout, status } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" })
  assert.deepEqual([status, stdout], [0, ""])
})

test("the client is exported under the name that the page imports", () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, object>
  }
  assert.deepEqual(exports["./client"], { types: "./dist/client/client.d.ts", default: "./dist/client/client.js" })
})
