import assert from "node:assert/strict"
import { test } from "node:test"
import { list, text } from "../part.ts"
import { allOf, only } from "../resources.ts"
import { example, synthesise } from "../synthesis.ts"

const { templates } = example()

test("AWS is reached inside the network, under its usual names, through policies", () => {
  const { Properties: vpc } = only("AWS::EC2::VPC", templates)
  assert.deepEqual([vpc["EnableDnsHostnames"], vpc["EnableDnsSupport"]], [true, true])
  const interfaces = allOf("AWS::EC2::VPCEndpoint", templates).filter(
    ({ Properties }) => text(Properties["VpcEndpointType"]) === "Interface",
  )
  assert.deepEqual(
    interfaces
      .map(({ Properties }) => text(Properties["ServiceName"]).replace("com.amazonaws.eu-central-1.", ""))
      .toSorted(),
    ["ecr.api", "ecr.dkr", "kms", "logs", "monitoring", "secretsmanager", "sns", "sts"],
  )
  for (const { Properties, id } of interfaces) {
    assert.equal(Properties["PrivateDnsEnabled"], true, id)
    assert.equal(list(Properties["SubnetIds"]).length, 2, id)
    assert.equal(list(Properties["SecurityGroupIds"]).length, 1, id)
    assert.ok(list(Properties["PolicyDocument"]?.["Statement"]).length > 0, id)
  }
})

test("there is no way out, unless there is a gateway for it", () => {
  assert.deepEqual(allOf("AWS::EC2::NatGateway", templates), [])
  const routes = allOf("AWS::EC2::Route", templates).map(({ id }) => id)
  assert.deepEqual(
    routes.filter((id) => !id.includes("balancer")),
    [],
  )
  const { templates: wider } = synthesise((json) => Object.assign(json["network"] ?? {}, { natGateways: 2 }))
  assert.equal(allOf("AWS::EC2::NatGateway", wider).length, 2)
})

test("only clients' networks may call, and only the balancer", () => {
  const rules = [
    ...allOf("AWS::EC2::SecurityGroup", templates).flatMap(({ Properties, id }) =>
      list(Properties["SecurityGroupIngress"]).map((rule) => ({ rule, id })),
    ),
    ...allOf("AWS::EC2::SecurityGroupIngress", templates).map(({ Properties: rule, id }) => ({ rule, id })),
  ]
  assert.ok(rules.length > 6)
  const open = rules.filter(({ rule }) => rule["SourceSecurityGroupId"] === undefined)
  assert.deepEqual(
    open.map(({ rule, id }) => [id.replace(/[A-Z0-9]{8}$/, ""), rule["CidrIp"], rule["FromPort"], rule["ToPort"]]),
    [["balancergroup", "10.0.0.0/8", 443, 443]],
  )
})
