import type { Reach } from "../core/network.ts"

const HOST = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?$/
export const MOST_HOSTS = 64

/** Hosts that HTTP strategies may ask, separated by commas. Undefined for what is none. */
export function hostsIn(text: string): readonly string[] | undefined {
  const hosts = text.split(",").map((host) => host.trim())
  return hosts.length <= MOST_HOSTS && hosts.every((host) => HOST.test(host)) ? hosts : undefined
}

const NETWORKS: Readonly<Record<string, Reach>> = { public: "global", private: "private", loopback: "loopback" }

/** Where targets may be, separated by commas. Undefined for what is none, or twice there. */
export function reachesIn(text: string): readonly Reach[] | undefined {
  const reaches = text.split(",").map((name) => (Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined))
  const known = reaches.filter((reach) => reach !== undefined)
  return known.length === reaches.length && new Set(known).size === known.length ? known : undefined
}

/** Link-local addresses are never reached: there clouds keep their machines' credentials. */
export const USUAL_REACHES: readonly Reach[] = ["global", "private"]
