import type { Reach } from "../core/network.ts"
import { hostsIn, MOST_HOSTS, reachesIn, USUAL_REACHES } from "../rotation/reach.ts"
import type { Kind } from "./kinds.ts"

export interface RotationSettings {
  /** Where targets may be. */
  readonly reaches: readonly Reach[]
  /** Whom HTTP strategies may ask, `host` or `host:port`. */
  readonly hosts: readonly string[]
}

export const targetHosts: Kind<readonly string[]> = {
  accepts: `1 to ${MOST_HOSTS} hosts in lower case, each with or without a port, separated by commas`,
  parse(text) {
    const value = hostsIn(text)
    return value === undefined ? { fault: `must be ${targetHosts.accepts}` } : { value }
  },
}

export const networks: Kind<readonly Reach[]> = {
  accepts: "one or more of `public`, `private`, `loopback`, separated by commas",
  parse(text) {
    const value = reachesIn(text)
    const fault = "must be one or more of public, private, loopback, separated by commas"
    return value === undefined ? { fault } : { value }
  },
}

export function rotationOf(
  hosts: readonly string[] | undefined,
  reaches: readonly Reach[] | undefined,
  development: boolean,
): RotationSettings {
  const usual: readonly Reach[] = development ? [...USUAL_REACHES, "loopback"] : USUAL_REACHES
  return { hosts: hosts ?? [], reaches: reaches ?? usual }
}
