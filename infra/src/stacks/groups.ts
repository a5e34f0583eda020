import { type ISecurityGroup, Peer, Port, SecurityGroup, type Vpc } from "aws-cdk-lib/aws-ec2"
import type { Construct } from "constructs"
import type { Config } from "../config.ts"
import { PORT } from "../place.ts"
import { DATABASE_PORT, REDIS_PORT } from "./ports.ts"

/** What has a network interface: the balancer, the service, the rotation function, the two stores, AWS's endpoints. */
const MEMBERS = ["balancer", "service", "rotation", "database", "cache", "endpoints"] as const
type Member = (typeof MEMBERS)[number]
export type Groups = Readonly<Record<Member, ISecurityGroup>>

/** Who may call whom, and nobody else. */
const WAYS: readonly (readonly [from: Member, to: Member, port: number])[] = [
  ["balancer", "service", PORT],
  ["service", "database", DATABASE_PORT],
  ["service", "cache", REDIS_PORT],
  ["service", "endpoints", 443],
  ["rotation", "endpoints", 443],
  // One who rotates a credential of this database signs in to it.
  ["rotation", "database", DATABASE_PORT],
]

/**
 * All groups with all their rules, so that the whole of who may call whom is one table.
 * The service and the rotation function may call anywhere else only where there is a way out at all: a NAT gateway.
 */
export function groupsIn(scope: Construct, vpc: Vpc, { service, network }: Config): Groups {
  const made = Object.fromEntries(
    MEMBERS.map((name) => {
      const description = `${name}: see the table in groups.ts`
      return [name, new SecurityGroup(scope, `${name}-group`, { vpc, description, allowAllOutbound: false })]
    }),
  ) as Record<Member, SecurityGroup>
  for (const [from, to, port] of WAYS) {
    made[to].addIngressRule(made[from], Port.tcp(port), `from ${from}`)
    made[from].addEgressRule(made[to], Port.tcp(port), `to ${to}`)
  }
  for (const cidr of service.clients) made.balancer.addIngressRule(Peer.ipv4(cidr), Port.tcp(443), "clients")
  // Of S3, where the mirror and the layers of images are, the gateway endpoint has no group of its own.
  made.service.addEgressRule(Peer.anyIpv4(), Port.tcp(443), "S3, and what sign-on and webhooks need")
  if (network.natGateways > 0) made.rotation.addEgressRule(Peer.anyIpv4(), Port.allTcp(), "targets elsewhere")
  return made
}
