import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { buildApp } from "../src/app.ts"
import { parseConfig } from "../src/parse-config.ts"
import { type Change, exampleConfig, synthesise } from "./synthesis.ts"

const BUNDLE = "build/lambda"

/** One member of the example set to something else; undefined takes it away. */
const set =
  (path: string, value: unknown): Change =>
  (json) => {
    const [first = "", second] = path.split(".")
    const part: Record<string, unknown> = second === undefined ? json : (json[first] ?? {})
    const name = second ?? first
    if (value === undefined) delete part[name]
    else part[name] = value
  }

function faultOf(path: string, value: unknown): string {
  try {
    exampleConfig(BUNDLE, set(path, value))
  } catch (error) {
    return (error as Error).message
  }
  return ""
}

test("the example is a configuration", () => {
  const config = exampleConfig(BUNDLE)
  assert.deepEqual([config.name, config.service.least, config.rotation.bundle], ["tyler-setup", 2, BUNDLE])
})

test("what may be left out has the safe meaning", () => {
  const config = exampleConfig(BUNDLE, (json) => {
    set("keys.multiRegionKey", undefined)(json)
    set("service.adoption", undefined)(json)
  })
  assert.deepEqual([config.keys.multiRegionKey, config.service.adoption], [false, false])
})

const FUNCTION = { strategy: "redis", secrets: ["database/*"], admins: [] }
const ZEROS = "0".repeat(64)

const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  ["account", "12345678901", /^account is "12345678901"; it must be 12 digits$/],
  ["account", 123456789012, /^account is 123456789012; it must be 12 digits$/],
  ["account", undefined, /^account is missing; it must be 12 digits$/],
  ["region", "region", /^region is "region"; it must be a Region such as eu-central-1/],
  ["region", "eu-west-1", /^availabilityZones must lie in eu-west-1\nservice\.certificateArn must be of eu-west-1$/],
  ["availabilityZones", ["eu-central-1a"], /^availabilityZones is .*; it must be 2 to 3 different ones of/],
  ["availabilityZones", ["eu-central-1a", "eu-central-1a"], /2 to 3 different ones/],
  ["name", "ab", /3 to 24/],
  ["name", "a".repeat(25), /3 to 24/],
  ["name", "-abc", /3 to 24/],
  ["nmae", "tyler", /^nmae is not known$/],
  ["network", 7, /^network must be an object/],
  ["network.cidr", "10.20.0.0/8", /a network such as 10\.20\.0\.0\/16/],
  ["network.natGateways", -1, /an integer from 0 to 3/],
  ["network.natGateways", 4, /an integer from 0 to 3/],
  ["keys.multiRegionKey", "no", /true or false/],
  ["keys.rotation", false, /^keys\.rotation is not known$/],
  ["service.image", `tyler-setup@sha256:${ZEROS}`, /an image of ECR with its digest/],
  ["service.image", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/tyler-setup:latest", /with its digest/],
  ["service.user", "0", /0 is root/],
  ["service.user", "99", /a number from 100/],
  ["service.publicUrl", "http://tyler.example.com", /https:\/\/ and a host/],
  ["service.publicUrl", "https://tyler.example.com/path", /nothing more/],
  ["service.tls", "1.1", /"1\.3" or "1\.2"/],
  ["service.reach", "everywhere", /"internal" or "internet"/],
  ["service.clients", [], /1 to 50 different ones/],
  ["service.clients", ["0.0.0.0/0"], /a network such as 10\.0\.0\.0\/8/],
  ["service.least", 1, /an integer from 2 to 50/],
  ["service.most", 51, /an integer from 2 to 50/],
  ["service.least", 7, /^service\.most must not be less than service\.least$/],
  ["service.duties", ["write"], /must include "read"/],
  ["service.duties", ["read", "own"], /read, write, delete, rotate/],
  ["service.duties", ["read", "read"], /1 to 4 different ones/],
  ["rotation.functions", [FUNCTION, FUNCTION], /^rotation\.functions must each have a strategy of its own$/],
  [
    "rotation.functions",
    [{ ...FUNCTION, secrets: ["database/orders"] }],
    /functions\[0\]\.secrets is .*a folder below the prefix/,
  ],
  [
    "rotation.functions",
    [{ ...FUNCTION, admins: [{ secret: "admin", place: {} }] }],
    /functions\[0\]\.admins\[0\]\.secret is "admin"/,
  ],
  ["rotation.functions", Array.from({ length: 11 }, () => FUNCTION), /a list of 0 to 10 objects/],
  ["data.storageGiB", 19, /an integer from 20 to 16384/],
  ["data.backupDays", 0, /an integer from 1 to 35/],
  ["data.backupDays", 36, /an integer from 1 to 35/],
  ["evidence.lockDays", 0, /an integer from 1 to 3650/],
  ["evidence.lockDays", 3651, /an integer from 1 to 3650/],
  ["people.breakGlass", [], /1 to 10 different ones of: the ARN of a role/],
  ["people.deployers", ["arn:aws:iam::123456789012:user/ada"], /the ARN of a role/],
  ["alarms.emails", ["nobody"], /a mail address/],
  ["alarms.limits", undefined, /^alarms\.limits must be an object/],
  [
    "alarms.limits",
    { ALARM_SECRET_ACCESS: 0 },
    /^alarms\.limits\.ALARM_SECRET_ACCESS is 0; it must be an integer from 1/,
  ],
  ["alarms.limits", { ALARM_SECRET_ACCESS: 10_001 }, /^alarms\.limits\.ALARM_SECRET_ACCESS is 10001; /],
  ["alarms.limits", { ALARM_MASS_READING: 1001 }, /ALARM_MASS_READING is 1001; it must be an integer from 1 to 1000/],
  ["alarms.runbooks", "https://example.org/", /without a slash at its end/],
]

for (const [path, value, fault] of REFUSED)
  test(`${path} ${JSON.stringify(value) ?? "left out"} is refused`, () => assert.match(faultOf(path, value), fault))

test("whoever may order rotations has a function that can be asked to", () => {
  const change: Change = (json) => {
    set("service.duties", ["read", "rotate"])(json)
    set("rotation.functions", [])(json)
  }
  const message = 'service.duties has "rotate", and rotation.functions has no function that could be asked to'
  assert.throws(() => exampleConfig(BUNDLE, change), { message })
})

test("without rotation functions there is no stack of them", () => {
  const { templates } = synthesise((json) => {
    set("rotation.functions", [])(json)
    set("service.duties", ["read"])(json)
  })
  assert.equal(templates["rotation"], undefined)
  assert.equal(Object.keys(templates).length, 10)
})

test("bounds themselves are taken", () => {
  const bounds: readonly (readonly [string, readonly unknown[]])[] = [
    ["name", ["abc", "a".repeat(24)]],
    ["network.natGateways", [0, 3]],
    ["service.least", [2, 6]],
    ["service.most", [2, 50]],
    ["data.storageGiB", [20, 16_384]],
    ["data.backupDays", [1, 35]],
    ["evidence.lockDays", [1, 3650]],
  ]
  for (const [path, values] of bounds)
    for (const value of values) assert.equal(faultOf(path, value), "", `${path} ${JSON.stringify(value)}`)
})

test("every fault is told at once", () => {
  assert.throws(
    () => parseConfig({}),
    (error: Error) => error.message.split("\n").length > 20,
  )
  assert.throws(() => parseConfig([]), /^Error: the configuration must be an object/)
})

test("a rotation bundle that is not there is said before anything is made", () => {
  const folder = mkdtempSync(join(tmpdir(), "tyler-infra-"))
  const bundle = join(folder, "absent")
  try {
    const message = `rotation.bundle: ${join(bundle, "rotation.mjs")} is not there; build it first (infra/README.md)`
    assert.throws(() => buildApp(exampleConfig(bundle), join(folder, "out")), { message })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
