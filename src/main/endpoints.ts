import { lookup } from "node:dns/promises"
import { setTimeout as pause } from "node:timers/promises"
import type { AwsService } from "../adapters/aws/client.ts"
import type { Endpoint } from "../compliance/deployment.ts"
import { reachOf } from "../core/network.ts"
import type { Config } from "./config.ts"

/** A resolver that says nothing for so long has said nothing. */
const ANSWER_MS = 2_000

/** Where the services of AWS that the configuration needs are found. A name is looked up; nothing is sent there. */
export async function endpointsOf(config: Config): Promise<readonly Endpoint[]> {
  const { aws } = config
  if (aws === null) return []
  return Promise.all(
    servicesOf(config).map(async (service) => {
      const own = aws.place.endpoints[service] ?? null
      const host = own === null ? `${service}.${aws.place.region}.${domainOf(aws.place.region)}` : new URL(own).hostname
      return { service, host, reach: await reachOfName(host) }
    }),
  )
}

function servicesOf({ aws, store, metrics, mirrors }: Config): readonly AwsService[] {
  const needed: Readonly<Record<AwsService, boolean>> = {
    kms: aws?.kms != null,
    sts: true,
    secretsmanager: store !== null,
    monitoring: metrics?.by === "put",
    logs: metrics?.by === "logs" || mirrors.logs !== null,
    s3: mirrors.s3 !== null,
  }
  return (Object.keys(needed) as AwsService[]).filter((service) => needed[service])
}

/** https://docs.aws.amazon.com/general/latest/gr/rande.html */
function domainOf(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
}

/** The farthest of all its addresses counts. */
async function reachOfName(host: string): Promise<Endpoint["reach"]> {
  const late = pause(ANSWER_MS, null, { ref: false })
  const found = await Promise.race([lookup(host.replace(/^\[(.*)\]$/, "$1"), { all: true }).catch(() => null), late])
  if (found === null || found.length === 0) return "unresolved"
  const reaches = found.map(({ address }) => reachOf(address))
  if (reaches.every((reach) => reach === "loopback")) return "loopback"
  return reaches.every((reach) => reach === "private" || reach === "loopback") ? "private" : "global"
}
