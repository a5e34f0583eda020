/**
 * Prints what is shipped as a CycloneDX 1.6 bill of materials (https://cyclonedx.org/docs/1.6/json/), from the lock file: what
 * `npm ci --omit=dev` installs, each with its hash and licence. `npm sbom --omit dev` leaves out packages that
 * something shipped and something for development both need (seen with npm 11), so the lock is read here. The same lock gives
 * the same bytes: its number is made of what it says, and its time is SOURCE_DATE_EPOCH or left out.
 *
 *     npm run -s sbom > bom.json
 */
import { createHash } from "node:crypto"
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
  readonly peerDependencies?: Readonly<Record<string, string>>
}

type Packages = Readonly<Record<string, Locked>>

const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { readonly packages: Packages }
const { "": root, ...found } = lock.packages
if (root === undefined) throw new Error("package-lock.json has no root")
const shipped = Object.entries(found).filter(([, { dev }]) => dev !== true)

/** In seconds: https://reproducible-builds.org/specs/source-date-epoch/ */
const epoch = process.env["SOURCE_DATE_EPOCH"]
const time = epoch === undefined || epoch === "" ? {} : { timestamp: new Date(Number(epoch) * 1000).toISOString() }
const { name, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Readonly<
  Record<string, string>
>
const own = purl(String(name), root.version)

const said = {
  version: 1,
  metadata: {
    ...time,
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
const bom = {
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  serialNumber: serialOf(JSON.stringify(said)),
  ...said,
}
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`)

/** A UUID of version 8 (RFC 9562, section 5.8): another document has another number. */
function serialOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return `urn:uuid:${bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")}`
}

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
  const { integrity, license: terms } = one
  if (integrity === undefined || terms === undefined) throw new Error(`${path} has no hash or no licence in the lock`)
  const [group, short] = full.startsWith("@") ? (full.split("/") as [string, string]) : [undefined, full]
  return {
    "bom-ref": refOf(path, one),
    type: "library" as const,
    ...(group === undefined ? {} : { group }),
    name: short,
    version: one.version,
    purl: purl(full, one.version),
    scope: one.optional === true ? ("optional" as const) : ("required" as const),
    hashes: [hashOf(integrity)],
    licenses: [licenceOf(terms)],
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

function dependsOn(path: string, ref: string, { dependencies, optionalDependencies, peerDependencies }: Locked) {
  const wanted = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  const there = wanted.flatMap((one) => placeOf(path, one) ?? []).filter((place) => found[place]?.dev !== true)
  return { ref, dependsOn: there.map((place) => refOf(place, found[place] as Locked)).toSorted() }
}

function byReference(one: { readonly "bom-ref": string }, other: { readonly "bom-ref": string }): number {
  return one["bom-ref"] < other["bom-ref"] ? -1 : 1
}
