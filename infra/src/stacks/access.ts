import {
  ArnPrincipal,
  CompositePrincipal,
  type IManagedPolicy,
  type IPrincipal,
  ManagedPolicy,
  type PolicyStatement,
  PrincipalWithConditions,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam"
import type { Construct } from "constructs"
import type { Config, Duty } from "../config.ts"
import type { Arns } from "../place.ts"
import { breakGlass, deployer } from "../policies/people.ts"
import { orderer, rotator } from "../policies/rotator.ts"
import { database, evidence, execution, keyring } from "../policies/service.ts"
import { deleter, guard, reader, writer } from "../policies/store.ts"
import { TylerStack } from "./stack.ts"

const DUTY_POLICY = { read: "reader", write: "writer", delete: "deleter", rotate: "orderer" } as const satisfies Record<
  Duty,
  string
>

export interface Surroundings {
  readonly keys: Arns
  readonly secretsEndpointId: string
  readonly databaseResourceId: string
  /** ARNs of secrets that tasks are started with. */
  readonly taskSecrets: readonly string[]
}

/**
 * Who may do what. One policy for each duty; the service is one process and holds the duties that the configuration
 * gives it, the rotation function and those who deploy hold none of them.
 */
export class AccessStack extends TylerStack {
  readonly roles: Readonly<Record<"service" | "execution" | "database", Role>>
  /** By strategy. */
  readonly rotators: ReadonlyMap<string, Role>

  constructor(app: Construct, config: Config, around: Surroundings) {
    super(app, "access", config)
    const { keys, secretsEndpointId, databaseResourceId, taskSecrets } = around
    const guarded = this.#policy("guard", guard(secretsEndpointId))
    const duties: Partial<Record<(typeof DUTY_POLICY)[Duty], IManagedPolicy>> = {
      reader: this.#policy("reader", reader(this.at, keys.values)),
      writer: this.#policy("writer", writer(this.at, keys.values)),
      deleter: this.#policy("deleter", deleter(this.at)),
      ...(config.service.duties.includes("rotate") ? { orderer: this.#policy("orderer", orderer(this.at)) } : {}),
    }
    const held = config.service.duties.flatMap((duty) => duties[DUTY_POLICY[duty]] ?? [])
    this.roles = {
      service: this.#role("service", this.#tasks(), [
        ...held,
        guarded,
        this.#policy("keyring", keyring(keys.keyring)),
        this.#policy("evidence", evidence(this.at, keys.evidence)),
        this.#policy("database-login", database(this.at, databaseResourceId)),
      ]),
      execution: this.#role("execution", this.#tasks(), [
        this.#policy("execution", execution(this.at, keys.data, taskSecrets)),
      ]),
      // Makes the database's roles by psql; of AWS it needs nothing.
      database: this.#role("database", this.#tasks(), []),
    }
    this.rotators = new Map(
      config.rotation.functions.map((one) => {
        const name = `rotation-${one.strategy}`
        const lambda = new ServicePrincipal("lambda.amazonaws.com")
        return [
          one.strategy,
          this.#role(name, lambda, [guarded, this.#policy(name, rotator(this.at, one, keys.values))]),
        ]
      }),
    )
    const { deployers, breakGlass: rescuers } = config.people
    this.#role("deployer", people(deployers), [this.#policy("deployer", deployer(this.at, keys))])
    this.#role("break-glass", withFactor(rescuers), [this.#policy("break-glass", breakGlass(this.at, keys))])
  }

  #policy(name: string, statements: PolicyStatement[]): IManagedPolicy {
    return new ManagedPolicy(this, `${name}-policy`, {
      managedPolicyName: `${this.at.prefix}-${name}`,
      statements,
    })
  }

  #role(name: string, assumedBy: IPrincipal, managedPolicies: IManagedPolicy[]): Role {
    return new Role(this, `${name}-role`, { roleName: `${this.at.prefix}-${name}`, assumedBy, managedPolicies })
  }

  /** Only for what runs in this account: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html */
  #tasks(): IPrincipal {
    return new PrincipalWithConditions(new ServicePrincipal("ecs-tasks.amazonaws.com"), {
      StringEquals: { "aws:SourceAccount": this.at.config.account },
    })
  }
}

function people(arns: readonly string[]): IPrincipal {
  return new CompositePrincipal(...arns.map((arn) => new ArnPrincipal(arn)))
}

function withFactor(arns: readonly string[]): IPrincipal {
  return new PrincipalWithConditions(people(arns), { Bool: { "aws:MultiFactorAuthPresent": "true" } })
}
