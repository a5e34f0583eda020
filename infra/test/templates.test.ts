import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import { test } from "node:test"
import { parseConfig as parseServiceConfig } from "../../src/main/config.ts"
import { acknowledged } from "../src/acknowledged.ts"
import { resolver } from "./iam/resolve.ts"
import { type Resource, synthesise } from "./synthesis.ts"

const synthesis = synthesise()
const { config, templates, report } = synthesis
const resolve = resolver(synthesis)

type Values = Record<string, any>

function allOf(
  type: string,
  of = templates,
): readonly (Resource & { readonly Properties: Values; readonly id: string })[] {
  return Object.values(of).flatMap(({ Resources }) =>
    Object.entries(Resources).flatMap(([id, resource]) => (resource.Type === type ? [{ ...resource, id }] : [])),
  )
}

function only(type: string, of = templates): Resource & { readonly Properties: Values } {
  const [one, ...more] = allOf(type, of)
  assert.ok(one !== undefined && more.length === 0, `${more.length + 1} of ${type}`)
  return one
}

test("cdk-nag is content, and each rule that does not hold is explained once", () => {
  const nag = report.pluginReports.find(({ pluginName }) => pluginName === "AwsSolutions")
  assert.deepEqual(nag?.violations, [])
  const told = nag?.suppressedViolations.flatMap(({ violatingConstructs, acknowledgedId }) =>
    violatingConstructs.map(({ constructPath }) => `${constructPath} ${acknowledgedId}`),
  )
  const table = acknowledged(config).map(({ path, rule }) => `${config.name}-${path} AwsSolutions::${rule}`)
  assert.deepEqual(told?.toSorted(), table.toSorted())
  assert.equal(new Set(table).size, table.length)
})

test("keys rotate, have a name, outlive their stack, and stay in one Region unless that was asked for", () => {
  const keys = allOf("AWS::KMS::Key")
  assert.equal(keys.length, 4)
  for (const { Properties, DeletionPolicy } of keys) {
    assert.equal(Properties["EnableKeyRotation"], true)
    assert.equal(Properties["MultiRegion"], false)
    assert.equal(DeletionPolicy, "Retain")
  }
  assert.equal(allOf("AWS::KMS::Alias").length, 4)
  const asked = synthesise((json) => Object.assign(json["keys"] ?? {}, { multiRegionKey: true }))
  const multi = allOf("AWS::KMS::Key", asked.templates).filter(({ Properties }) => Properties["MultiRegion"] === true)
  assert.deepEqual(
    multi.map(({ id }) => id),
    ["keyring", "values"],
  )
})

test("the trail records every Region, is validated and encrypted, and has begun", () => {
  const { Properties } = only("AWS::CloudTrail::Trail")
  const wanted = ["IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation"]
  for (const name of wanted) assert.equal(Properties[name], true, name)
  assert.ok(Properties["KMSKeyId"])
  assert.equal(Properties["EventSelectors"], undefined, "management events, reads and KMS's too, are the default")
})

test("what is evidence cannot be deleted for its days, by anybody", () => {
  for (const part of ["trail", "mirror"]) {
    const { Properties, DeletionPolicy } = (templates[part]?.Resources ?? {})["bucket"] as Resource & {
      Properties: Values
    }
    assert.deepEqual(Properties["ObjectLockConfiguration"].Rule.DefaultRetention, { Mode: "COMPLIANCE", Days: 365 })
    assert.equal(Properties["ObjectLockEnabled"], true)
    assert.equal(Properties["VersioningConfiguration"].Status, "Enabled")
    assert.equal(DeletionPolicy, "Retain")
  }
  for (const { Properties } of allOf("AWS::S3::Bucket"))
    assert.deepEqual(Object.values(Properties["PublicAccessBlockConfiguration"]), [true, true, true, true])
})

test("AWS is reached inside the network, under its usual names, through policies", () => {
  const { Properties: vpc } = only("AWS::EC2::VPC")
  assert.deepEqual([vpc["EnableDnsHostnames"], vpc["EnableDnsSupport"]], [true, true])
  const interfaces = allOf("AWS::EC2::VPCEndpoint").filter(
    ({ Properties }) => Properties["VpcEndpointType"] === "Interface",
  )
  assert.deepEqual(
    interfaces
      .map(({ Properties }) => String(Properties["ServiceName"]).replace("com.amazonaws.eu-central-1.", ""))
      .toSorted(),
    ["ecr.api", "ecr.dkr", "kms", "logs", "monitoring", "secretsmanager", "sns", "sts"],
  )
  for (const { Properties, id } of interfaces) {
    assert.equal(Properties["PrivateDnsEnabled"], true, id)
    assert.equal(Properties["SubnetIds"].length, 2, id)
    assert.equal(Properties["SecurityGroupIds"].length, 1, id)
    assert.ok(Properties["PolicyDocument"].Statement.length > 0, id)
  }
  assert.deepEqual(allOf("AWS::EC2::NatGateway"), [])
})

test("only clients' networks may call, and only the balancer", () => {
  const open = [...allOf("AWS::EC2::SecurityGroup"), ...allOf("AWS::EC2::SecurityGroupIngress")].flatMap(
    ({ Properties, id }) =>
      [Properties["SecurityGroupIngress"] ?? Properties]
        .flat()
        .filter((rule: Values) => rule["CidrIp"] !== undefined)
        .map((rule: Values) => [id.replace(/[A-Z0-9]{8}$/, ""), rule["CidrIp"], rule["FromPort"], rule["ToPort"]]),
  )
  assert.deepEqual(open, [["balancergroup", "10.0.0.0/8", 443, 443]])
})

test("the service runs twice at least, as nobody, on a root that it cannot write", () => {
  const { Properties: service } = only("AWS::ECS::Service")
  assert.equal(service["DesiredCount"], 2)
  const { DeploymentCircuitBreaker: breaker, MinimumHealthyPercent: least } = service["DeploymentConfiguration"]
  assert.deepEqual([breaker, least], [{ Enable: true, Rollback: true }, 100])
  assert.equal(service["NetworkConfiguration"].AwsvpcConfiguration.AssignPublicIp, "DISABLED")
  assert.equal(service["EnableExecuteCommand"], false)
  const containers = allOf("AWS::ECS::TaskDefinition").flatMap(({ Properties }) => Properties["ContainerDefinitions"])
  assert.equal(containers.length, 2)
  for (const { ReadonlyRootFilesystem, User, LinuxParameters, Privileged, Image } of containers) {
    assert.equal(ReadonlyRootFilesystem, true)
    assert.match(User, /^[1-9][0-9]*$/)
    assert.deepEqual(LinuxParameters.Capabilities.Drop, ["ALL"])
    assert.equal(Privileged, undefined)
    assert.match(JSON.stringify(Image), /@sha256:/)
  }
  const { Properties: scaling } = only("AWS::ApplicationAutoScaling::ScalableTarget")
  assert.deepEqual([scaling["MinCapacity"], scaling["MaxCapacity"]], [2, 6])
})

test("clients speak TLS 1.3, or 1.2 where that was asked for", () => {
  const policyOf = (of = templates) => only("AWS::ElasticLoadBalancingV2::Listener", of).Properties["SslPolicy"]
  assert.equal(policyOf(), "ELBSecurityPolicy-TLS13-1-3-2021-06")
  const older = synthesise((json) => Object.assign(json["service"] ?? {}, { tls: "1.2" }))
  assert.equal(policyOf(older.templates), "ELBSecurityPolicy-TLS13-1-2-2021-06")
  const { Properties } = only("AWS::ElasticLoadBalancingV2::Listener")
  assert.deepEqual([Properties["Port"], Properties["Protocol"]], [443, "HTTPS"])
})

test("the service takes its variables, and none of them is secret", () => {
  const { service } = templates
  assert.ok(service)
  const [container] = (service.Resources["task117DF50A"]?.Properties as Values)["ContainerDefinitions"]
  const variables = resolve(container.Environment, service) as { Name: string; Value: string }[]
  const env = Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value]))
  assert.deepEqual(
    container.Secrets.map(({ Name }: Values) => Name),
    ["REDIS_URL"],
  )
  const parsed = parseServiceConfig({ ...env, REDIS_URL: "rediss://:password@cache.example:6380" })
  assert.ok("config" in parsed, JSON.stringify(parsed))
  assert.deepEqual(parsed.config.warnings, [])
  const { listen, store, mirrors, metrics, database } = parsed.config
  assert.deepEqual(listen.trustedProxies.length, 2)
  assert.ok(store !== null && mirrors.s3 !== null && mirrors.logs !== null && metrics !== null)
  assert.match(
    database?.url ?? "",
    /^postgres:\/\/tyler@database\.example:5433\/tyler\?sslmode=verify-full&.*&aws-iam=eu-central-1$/,
  )
  assert.doesNotMatch(JSON.stringify(env), /password|secret:/i)
})

test("the container's own probe asks for the name that is answered", async () => {
  const [container] = (templates["service"]?.Resources["task117DF50A"]?.Properties as Values)["ContainerDefinitions"]
  const [kind, node, flag, script] = container.HealthCheck.Command
  assert.deepEqual([kind, node, flag], ["CMD", "/nodejs/bin/node", "-e"])
  const seen: string[] = []
  let status = 200
  const server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`)
    response.writeHead(status).end()
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { port: number }
  const probe = async (): Promise<number> => {
    const child = spawn(process.execPath, ["-e", String(script).replace("7070", `${port}`)])
    return Number((await once(child, "exit"))[0])
  }
  assert.equal(await probe(), 0)
  status = 503
  assert.equal(await probe(), 1)
  server.closeAllConnections()
  server.close()
  assert.equal(await probe(), 1, "nobody there")
  assert.deepEqual(seen, Array(2).fill("tyler.example.com /api/ready"))
})

test("the database is there twice, asks for TLS, and takes tokens of IAM", () => {
  const { Properties, DeletionPolicy } = only("AWS::RDS::DBInstance")
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
  assert.equal(only("AWS::RDS::DBParameterGroup").Properties["Parameters"]["rds.force_ssl"], "1")
})

test("the cache asks for TLS and a password that no template holds", () => {
  const { Properties } = only("AWS::ElastiCache::ReplicationGroup")
  for (const name of ["TransitEncryptionEnabled", "AtRestEncryptionEnabled", "MultiAZEnabled"])
    assert.equal(Properties[name], true)
  assert.equal(Properties["TransitEncryptionMode"], "required")
  assert.match(
    String(resolve(Properties["AuthToken"], templates["data"] as never)),
    /^\{\{resolve:secretsmanager:.*:SecretString\}\}$/,
  )
})

test("secrets of this installation are sealed by its own key, and none stands below the prefix", () => {
  for (const { Properties } of allOf("AWS::SecretsManager::Secret")) {
    assert.ok(Properties["KmsKeyId"])
    assert.doesNotMatch(Properties["Name"], /\//)
  }
})

test("the rotation function is inside, and only Secrets Manager of this account may call it", () => {
  const { Properties } = only("AWS::Lambda::Function")
  assert.equal(Properties["VpcConfig"].SubnetIds.length, 2)
  assert.equal(Properties["Runtime"], "nodejs24.x")
  const { Properties: permission } = only("AWS::Lambda::Permission")
  assert.deepEqual(
    [permission["Principal"], permission["SourceAccount"]],
    ["secretsmanager.amazonaws.com", "123456789012"],
  )
})

test("logs are kept for a year, under our key", () => {
  const groups = allOf("AWS::Logs::LogGroup")
  assert.deepEqual(
    groups.map(({ Properties }) => Properties["LogGroupName"]).toSorted(),
    ["audit", "database", "network", "rotation", "service"].map((what) => `/tyler-setup/${what}`),
  )
  for (const { Properties } of groups) {
    assert.equal(Properties["RetentionInDays"], 365)
    assert.ok(Properties["KmsKeyId"])
  }
})

test("no stack goes by mistake", () => {
  assert.deepEqual(synthesis.unprotected, [])
  assert.equal(Object.keys(templates).length, 10)
})
