import { type Part, text } from "../part.ts"
import type { Resource, Synthesis, Template } from "../synthesis.ts"
import { resolver } from "./resolve.ts"

export interface Statement {
  readonly Sid: string
  readonly Effect: "Allow" | "Deny"
  readonly Principal?: unknown
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface Document {
  /** `reader`, `key values`, `bucket trail`, `endpoint kms`, `topic`, `trust service`. */
  readonly name: string
  /** Attached to a role, to a resource, or to a VPC endpoint. */
  readonly kind: "identity" | "resource" | "endpoint"
  readonly statements: readonly Statement[]
}

interface Where {
  readonly property: string
  readonly kind: Document["kind"]
  readonly name: (id: string, resource: Resource, installation: string) => string
}

const after = (name: Part | string | undefined, prefix: string): string => text(name as Part).slice(prefix.length + 1)

/** Every kind of resource that carries a policy. */
const CARRIERS: Readonly<Record<string, Where>> = {
  "AWS::IAM::ManagedPolicy": {
    property: "PolicyDocument",
    kind: "identity",
    name: (_, { Properties }, installation) => after(Properties["ManagedPolicyName"], installation),
  },
  "AWS::IAM::Policy": { property: "PolicyDocument", kind: "identity", name: (id) => id },
  "AWS::IAM::Role": {
    property: "AssumeRolePolicyDocument",
    kind: "resource",
    name: (_, { Properties }, installation) => `trust ${after(Properties["RoleName"], installation)}`,
  },
  "AWS::KMS::Key": { property: "KeyPolicy", kind: "resource", name: (id) => `key ${id}` },
  "AWS::S3::BucketPolicy": {
    property: "PolicyDocument",
    kind: "resource",
    name: (_, { Properties }, installation) =>
      `bucket ${after(Properties["Bucket"], installation).replace(/-[0-9]{12}-.*$/, "")}`,
  },
  "AWS::SNS::TopicPolicy": { property: "PolicyDocument", kind: "resource", name: () => "topic" },
  "AWS::SecretsManager::ResourcePolicy": { property: "ResourcePolicy", kind: "resource", name: (id) => id },
  "AWS::EC2::VPCEndpoint": {
    property: "PolicyDocument",
    kind: "endpoint",
    name: (id) => `endpoint ${id.replace(/^vpc/, "").replace(/[A-Z0-9]{8}$/, "")}`,
  },
}

/** Every policy in every template. */
export function documentsOf(synthesis: Synthesis): readonly Document[] {
  const resolve = resolver(synthesis)
  const { name: installation } = synthesis.config
  return Object.values(synthesis.templates).flatMap((of) =>
    Object.entries(of.Resources).flatMap(([id, resource]) => {
      const carrier = CARRIERS[resource.Type]
      if (carrier === undefined) return []
      const { Statement: said } = resolve(resource.Properties[carrier.property], of) as { Statement: Statement[] }
      // CDK gives the statements of a role's trust no name.
      const statements = said.map((one, index) => ({ ...one, Sid: one.Sid ?? `Trust${index || ""}` }))
      return [{ name: carrier.name(id, resource, installation), kind: carrier.kind, statements }]
    }),
  )
}

/** Names of the policies that a role holds. */
export function policiesOf(synthesis: Synthesis, role: string): readonly string[] {
  const resolve = resolver(synthesis)
  const { name: installation } = synthesis.config
  const held = (of: Template): readonly string[] =>
    Object.values(of.Resources)
      .filter(({ Properties }) => text(Properties["RoleName"]) === `${installation}-${role}`)
      .flatMap(({ Properties }) => resolve(Properties["ManagedPolicyArns"] ?? [], of) as string[])
  return Object.values(synthesis.templates)
    .flatMap(held)
    .map((name) => after(name, installation))
}
