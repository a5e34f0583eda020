import assert from "node:assert/strict"
import { test } from "node:test"
import { acknowledged } from "../../src/acknowledged.ts"
import { list, text } from "../part.ts"
import { allOf, only } from "../resources.ts"
import { example, synthesise } from "../synthesis.ts"

const { config, templates, report, unprotected, missing } = example()

test("cdk-nag is content, and each rule that does not hold is explained once", () => {
  const nag = report.pluginReports.find(({ pluginName }) => pluginName === "AwsSolutions")
  assert.deepEqual(
    report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName)),
    [],
  )
  const told = nag?.suppressedViolations.flatMap(({ violatingConstructs, acknowledgedId }) =>
    violatingConstructs.map(({ constructPath }) => `${constructPath} ${acknowledgedId}`),
  )
  const table = acknowledged(config).map(({ path, rule }) => `${config.name}-${path} AwsSolutions::${rule}`)
  assert.deepEqual(told?.toSorted(), table.toSorted())
  assert.equal(new Set(table).size, table.length)
})

test("nothing is looked up in an account", () => assert.equal(missing, 0))

test("no stack goes by mistake", () => {
  assert.deepEqual(unprotected, [])
  assert.equal(Object.keys(templates).length, 11)
})

test("keys rotate, have a name, outlive their stack, and stay in one Region unless that was asked for", () => {
  const keys = allOf("AWS::KMS::Key", templates)
  assert.equal(keys.length, 4)
  for (const { Properties, DeletionPolicy } of keys) {
    assert.deepEqual(
      [Properties["EnableKeyRotation"], Properties["MultiRegion"], DeletionPolicy],
      [true, false, "Retain"],
    )
  }
  assert.equal(allOf("AWS::KMS::Alias", templates).length, 4)
  const asked = synthesise((json) => Object.assign(json["keys"] ?? {}, { multiRegionKey: true }))
  const multi = allOf("AWS::KMS::Key", asked.templates).filter(
    ({ Properties }) => text(Properties["MultiRegion"]) === "true",
  )
  assert.deepEqual(
    multi.map(({ id }) => id),
    ["keyring", "values"],
  )
})

test("the trail records every Region, is validated and encrypted, and has begun", () => {
  const { Properties } = only("AWS::CloudTrail::Trail", templates)
  const wanted = ["IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation"]
  for (const name of wanted) assert.equal(Properties[name], true, name)
  assert.ok(Properties["KMSKeyId"])
  assert.equal(Properties["EventSelectors"], undefined, "management events, reads and KMS's too, are the default")
})

test("what is evidence cannot be deleted for its days, by anybody", () => {
  for (const part of ["trail", "mirror"]) {
    const bucket = templates[part]?.Resources["bucket"]
    const { Properties = {}, DeletionPolicy } = bucket ?? {}
    assert.deepEqual(Properties["ObjectLockConfiguration"]?.["Rule"]?.["DefaultRetention"], {
      Mode: "COMPLIANCE",
      Days: 365,
    })
    assert.equal(Properties["ObjectLockEnabled"], true)
    assert.equal(Properties["VersioningConfiguration"]?.["Status"], "Enabled")
    assert.equal(DeletionPolicy, "Retain")
  }
  for (const { Properties } of allOf("AWS::S3::Bucket", templates))
    assert.deepEqual(Object.values(Properties["PublicAccessBlockConfiguration"] ?? {}), [true, true, true, true])
})

test("logs are kept for a year, under our key", () => {
  const groups = allOf("AWS::Logs::LogGroup", templates)
  assert.deepEqual(
    groups.map(({ Properties }) => text(Properties["LogGroupName"])).toSorted(),
    ["audit", "database", "network", "rotation", "service"].map((what) => `/tyler-setup/${what}`),
  )
  for (const { Properties } of groups) {
    assert.equal(Properties["RetentionInDays"], 365)
    assert.equal(list(Properties["KmsKeyId"]).length, 1)
  }
})
