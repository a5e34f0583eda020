import type { Reach } from "../core/network.ts"
import type { Kind } from "./kinds.ts"

export interface RotationSettings {
  /** Where targets may be. */
  readonly reaches: readonly Reach[]
  /** Whom HTTP strategies may ask, `host` or `host:port`. */
  readonly hosts: readonly string[]
}

const HOST = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?$/
const MOST_HOSTS = 64

export const targetHosts: Kind<readonly string[]> = {
  accepts: `1 to ${MOST_HOSTS} hosts in lower case, each with or without a port, separated by commas`,
  parse(text) {
    const hosts = text.split(",").map((host) => host.trim())
    const odd = hosts.find((host) => !HOST.test(host))
    if (odd !== undefined || hosts.length > MOST_HOSTS) return { fault: `must be ${targetHosts.accepts}` }
    return { value: hosts }
  },
}

const NETWORKS: Readonly<Record<string, Reach>> = { public: "global", private: "private", loopback: "loopback" }

export const networks: Kind<readonly Reach[]> = {
  accepts: "one or more of `public`, `private`, `loopback`, separated by commas",
  parse(text) {
    const reaches = text.split(",").map((name) => (Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined))
    const known = reaches.filter((reach) => reach !== undefined)
    if (known.length !== reaches.length || new Set(known).size !== known.length)
      return { fault: "must be one or more of public, private, loopback, separated by commas" }
    return { value: known }
  },
}

/** Link-local addresses are never reached: there clouds keep their machines' credentials. */
export function rotationOf(
  hosts: readonly string[] | undefined,
  reaches: readonly Reach[] | undefined,
  development: boolean,
): RotationSettings {
  const usual: readonly Reach[] = development ? ["global", "private", "loopback"] : ["global", "private"]
  return { hosts: hosts ?? [], reaches: reaches ?? usual }
}
