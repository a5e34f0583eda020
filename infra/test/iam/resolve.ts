import { type Part, text } from "../part.ts"
import type { Resource, Synthesis, Template } from "../synthesis.ts"

type Json = unknown

/** What CloudFormation would put in place of its functions. What is only known once it exists gets a name of our own. */
export function resolver({ templates, config }: Synthesis): (value: Json, of: Template) => Json {
  const { account, region } = config
  const exports = new Map<string, { readonly value: Json; readonly of: Template }>()
  for (const of of Object.values(templates))
    for (const { Value, Export } of Object.values(of.Outputs ?? {}))
      if (Export !== undefined) exports.set(Export.Name, { value: Value, of })

  /** By type: what `Ref` gives, and `GetAtt` by attribute. */
  const KNOWN: Readonly<Record<string, (id: string, of: Resource) => Readonly<Record<string, Json>>>> = {
    "AWS::KMS::Key": (id) => ({ Ref: id, Arn: `arn:aws:kms:${region}:${account}:key/${id}` }),
    "AWS::IAM::Role": (_, { Properties }) => ({
      Ref: Properties["RoleName"],
      Arn: `arn:aws:iam::${account}:role/${text(Properties["RoleName"])}`,
    }),
    "AWS::IAM::ManagedPolicy": (_, { Properties }) => ({ Ref: Properties["ManagedPolicyName"] }),
    "AWS::EC2::VPCEndpoint": (id) => ({ Ref: `vpce-${id.replace(/^vpc|[A-Z0-9]{8}$/g, "")}` }),
    "AWS::SecretsManager::Secret": (_, { Properties }) => ({
      Ref: `arn:aws:secretsmanager:${region}:${account}:secret:${text(Properties["Name"])}-AbCdEf`,
    }),
    "AWS::SNS::Topic": (_, { Properties }) => ({
      Ref: `arn:aws:sns:${region}:${account}:${text(Properties["TopicName"])}`,
    }),
    "AWS::RDS::DBInstance": () => ({
      DbiResourceId: "db-EXAMPLE",
      "MasterUserSecret.SecretArn": `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-example-AbCdEf`,
      "Endpoint.Address": "database.example",
    }),
    "AWS::S3::Bucket": (_, { Properties }) => ({ Ref: Properties["BucketName"] }),
    "AWS::CloudWatch::Alarm": (_, { Properties }) => ({
      Arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${text(Properties["AlarmName"])}`,
    }),
  }

  function attribute(id: string, name: string, of: Template): Json {
    const resource = of.Resources[id]
    const value = resource === undefined ? undefined : KNOWN[resource.Type]?.(id, resource)[name]
    if (value === undefined) throw new Error(`not known: ${name} of ${id} (${resource?.Type})`)
    return value
  }

  function imported(name: string): Json {
    const found = exports.get(name)
    if (found === undefined) throw new Error(`nobody exports ${name}`)
    return resolve(found.value, found.of)
  }

  function resolve(value: Json, of: Template): Json {
    if (Array.isArray(value)) return value.map((one) => resolve(one, of))
    if (typeof value !== "object" || value === null) return value
    const entries = Object.entries(value)
    const [name, argument] = entries[0] ?? []
    if (entries.length === 1 && name === "Ref") return attribute(argument as string, "Ref", of)
    if (entries.length === 1 && name === "Fn::GetAtt") {
      const [id, ...attributes] = argument as string[]
      return attribute(id ?? "", attributes.join("."), of)
    }
    if (entries.length === 1 && name === "Fn::ImportValue") return imported(argument as string)
    if (entries.length === 1 && name === "Fn::Join") {
      const [separator, parts] = argument as [string, Json[]]
      return parts.map((part) => text(resolve(part, of) as Part)).join(separator)
    }
    if (name?.startsWith("Fn::")) throw new Error(`not known: ${name}`)
    return Object.fromEntries(entries.map(([key, one]) => [key, resolve(one, of)]))
  }

  return resolve
}
