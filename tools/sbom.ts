/**
 * Prints what is shipped as a CycloneDX 1.6 bill of materials (https://cyclonedx.org/docs/1.6/json/), from the lock file: what
 * `npm ci --omit=dev` installs, each with its hash, licence and place. `npm sbom --omit dev` leaves out packages that
 * something shipped and something for development both need (seen with npm 11), so the lock is read here.
 *
 *     npm run -s sbom > bom.json
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"

const ROOT = join(import.meta.dirname, "..")

/** One entry of a lock file of version 3: https://docs.npmjs.com/cli/configuring-npm/package-lock-json */
interface Locked {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

type Packages = Readonly<Record<string, Locked>>

const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { readonly packages: Packages }
const { "": root, ...found } = lock.packages
if (root === undefined) throw new Error("package-lock.json has no root")
const shipped = Object.entries(found).filter(([, { dev }]) => dev !== true)

/** SOURCE_DATE_EPOCH makes it the same twice: https://reproducible-builds.org/specs/source-date-epoch/ */
const epoch = process.env["SOURCE_DATE_EPOCH"]
const timestamp = new Date(epoch === undefined ? Date.now() : Number(epoch) * 1000).toISOString()
const { name, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Readonly<
  Record<string, string>
>
const own = purl(String(name), root.version)

const bom = {
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    timestamp,
    component: {
      "bom-ref": own,
      type: "application",
      name,
      version: root.version,
      purl: own,
      licenses: [{ license: { id: license } }],
    },
  },
  components: shipped.map(([path, one]) => componentOf(path, one)).toSorted(byReference),
  dependencies: [dependsOn("", own, root), ...shipped.map(([path, one]) => dependsOn(path, refOf(path, one), one))],
}
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`)

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)
}

/** https://github.com/package-url/purl-spec: the at sign of a scope is escaped. */
function purl(of: string, version: string): string {
  return `pkg:npm/${of.replace(/^@/, "%40")}@${version}`
}

/** The same package may lie in several places. */
function refOf(path: string, { version }: Locked): string {
  const plain = purl(nameOf(path), version)
  return path.lastIndexOf("node_modules/") === 0 ? plain : `${plain}#${path}`
}

function componentOf(path: string, one: Locked) {
  const full = nameOf(path)
  const [group, short] = full.startsWith("@") ? (full.split("/") as [string, string]) : [undefined, full]
  return {
    "bom-ref": refOf(path, one),
    type: "library" as const,
    ...(group === undefined ? {} : { group }),
    name: short,
    version: one.version,
    purl: purl(full, one.version),
    scope: one.optional === true ? ("optional" as const) : ("required" as const),
    ...(one.integrity === undefined ? {} : { hashes: [hashOf(one.integrity)] }),
    ...(one.license === undefined ? {} : { licenses: [licenceOf(one.license)] }),
    externalReferences: [
      { type: "distribution", url: `https://registry.npmjs.org/${full}/-/${short}-${one.version}.tgz` },
    ],
  }
}

/** Subresource integrity, in the spelling of CycloneDX. */
function hashOf(integrity: string): { readonly alg: string; readonly content: string } {
  const [, bits = "", digest = ""] = /^sha(\d+)-(\S+)$/.exec(integrity) ?? []
  return { alg: `SHA-${bits}`, content: Buffer.from(digest, "base64").toString("hex") }
}

function licenceOf(text: string) {
  return /[ ()]/.test(text) ? { expression: text } : { license: { id: text } }
}

/** As Node looks for it: below the package, then below each that it lies in. */
function placeOf(from: string, wanted: string): string | undefined {
  const steps = from.split("/node_modules/")
  const above = steps.map((_, at) => steps.slice(0, steps.length - at).join("/node_modules/"))
  const folders = from === "" ? [""] : [...above.map((path) => `${path}/`), ""]
  return folders.map((folder) => `${folder}node_modules/${wanted}`).find((path) => found[path] !== undefined)
}

function dependsOn(path: string, ref: string, { dependencies, optionalDependencies }: Locked) {
  const wanted = Object.keys({ ...dependencies, ...optionalDependencies })
  const there = wanted.flatMap((one) => placeOf(path, one) ?? [])
  return { ref, dependsOn: there.map((place) => refOf(place, found[place] as Locked)).toSorted() }
}

function byReference(one: { readonly "bom-ref": string }, other: { readonly "bom-ref": string }): number {
  return one["bom-ref"] < other["bom-ref"] ? -1 : 1
}
