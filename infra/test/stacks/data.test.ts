import assert from "node:assert/strict"
import { test } from "node:test"
import { resolver } from "../iam/resolve.ts"
import { list, type Part, text } from "../part.ts"
import { allOf, only } from "../resources.ts"
import { example, type Template } from "../synthesis.ts"

const synthesis = example()
const { templates } = synthesis
const resolve = resolver(synthesis)

test("the database is there twice, asks for TLS, and takes tokens of IAM", () => {
  const { Properties, DeletionPolicy } = only("AWS::RDS::DBInstance", templates)
  const wanted = [
    "MultiAZ",
    "StorageEncrypted",
    "DeletionProtection",
    "EnableIAMDatabaseAuthentication",
    "ManageMasterUserPassword",
  ]
  for (const name of wanted) assert.equal(Properties[name], true, name)
  assert.equal(Properties["PubliclyAccessible"], false)
  assert.equal(Properties["MasterUserPassword"], undefined)
  assert.equal(DeletionPolicy, "Snapshot")
  const { Properties: group } = only("AWS::RDS::DBParameterGroup", templates)
  assert.equal(group["Parameters"]?.["rds.force_ssl"], "1")
})

test("the cache asks for TLS and a password that no template holds", () => {
  const { Properties } = only("AWS::ElastiCache::ReplicationGroup", templates)
  const wanted = ["TransitEncryptionEnabled", "AtRestEncryptionEnabled", "MultiAZEnabled"]
  for (const name of wanted) assert.equal(Properties[name], true, name)
  assert.equal(Properties["TransitEncryptionMode"], "required")
  const token = resolve(Properties["AuthToken"], templates["data"] as Template) as Part
  assert.match(text(token), /^\{\{resolve:secretsmanager:arn:aws:.*:SecretString\}\}$/)
})

test("secrets of this installation are sealed by its own key, and none stands below the prefix", () => {
  const secrets = allOf("AWS::SecretsManager::Secret", templates)
  assert.equal(secrets.length, 2)
  for (const { Properties } of secrets) {
    assert.ok(Properties["KmsKeyId"])
    assert.doesNotMatch(text(Properties["Name"]), /\//)
  }
})

test("the rotation function is inside, and only Secrets Manager of this account may call it", () => {
  const { Properties } = only("AWS::Lambda::Function", templates)
  assert.equal(list(Properties["VpcConfig"]?.["SubnetIds"]).length, 2)
  assert.equal(Properties["Runtime"], "nodejs24.x")
  assert.deepEqual(Properties["Environment"]?.["Variables"], {
    ROTATION_STRATEGY: "postgres-single",
    ROTATION_SECRETS: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tyler-setup/database/*",
    ROTATION_ADMINS: JSON.stringify(example().config.rotation.functions[0]?.admins),
  })
  const { Properties: permission } = only("AWS::Lambda::Permission", templates)
  assert.deepEqual(
    [permission["Principal"], permission["SourceAccount"]],
    ["secretsmanager.amazonaws.com", "123456789012"],
  )
})
