import { type Json, parseJson } from "../core/json.ts"
import type { Reach } from "../core/network.ts"
import { hostsIn, MOST_HOSTS, reachesIn, USUAL_REACHES } from "../rotation/reach.ts"
import { isObject, type JsonObject } from "../rotation/secret-json.ts"
import { placeOf } from "../rotation/place.ts"
import { isStrategy, STRATEGY_NAMES, type StrategyName } from "../core/rotation-strategy.ts"

/** An administrator whose credentials may be used, and the one place where. */
export interface BoundAdmin {
  /** An ARN. */
  readonly secretId: string
  readonly place: Uint8Array
}

/** What whoever deploys the function decides. Nothing of it can be changed by who writes a secret. */
export interface LambdaSettings {
  readonly strategy: StrategyName
  /** Whether a secret may be rotated, by its ARN. */
  readonly rotates: (secretId: string) => boolean
  readonly admins: readonly BoundAdmin[]
  readonly hosts: readonly string[]
  readonly reaches: readonly Reach[]
}

const ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/
/** All that follows the slash. */
const BELOW = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}\/\*$/
/** Lambda gives all variables together 4 KiB. */
const MOST_SECRETS = 100
const MOST_ADMINS = 20

type Environment = Readonly<Record<string, string | undefined>>

/** @throws Error whose text names the variable: the function does not start */
export function settingsIn(env: Environment): LambdaSettings {
  const strategy = env["ROTATION_STRATEGY"] ?? ""
  if (!isStrategy(strategy)) throw wrong("ROTATION_STRATEGY", `one of ${STRATEGY_NAMES.join(", ")}`)
  const hosts = env["ROTATION_HOSTS"]
  const networks = env["ROTATION_NETWORKS"]
  return {
    strategy,
    rotates: secretsIn(env["ROTATION_SECRETS"] ?? ""),
    admins: adminsIn(env["ROTATION_ADMINS"] ?? "[]"),
    hosts: hosts === undefined ? [] : must(hostsIn(hosts), "ROTATION_HOSTS", `1 to ${MOST_HOSTS} hosts with commas`),
    reaches:
      networks === undefined
        ? USUAL_REACHES
        : must(reachesIn(networks), "ROTATION_NETWORKS", "one or more of public, private, loopback with commas"),
  }
}

function secretsIn(text: string): (secretId: string) => boolean {
  const listed = text.split(",").map((one) => one.trim())
  if (listed.length > MOST_SECRETS || !listed.every((one) => ARN.test(one) || BELOW.test(one)))
    throw wrong(
      "ROTATION_SECRETS",
      `1 to ${MOST_SECRETS} ARNs of secrets with commas, the last segment of each may be *`,
    )
  const whole = new Set(listed)
  const below = listed.filter((one) => one.endsWith("/*")).map((one) => one.slice(0, -1))
  return (secretId) => ARN.test(secretId) && (whole.has(secretId) || below.some((one) => secretId.startsWith(one)))
}

function adminsIn(text: string): readonly BoundAdmin[] {
  const accepts = `a JSON array of at most ${MOST_ADMINS} objects {"secret": ARN, "place": {...}}`
  const list = parsed(text)
  if (!Array.isArray(list) || list.length > MOST_ADMINS) throw wrong("ROTATION_ADMINS", accepts)
  return list.map((one: Json) => {
    const { secret, place, ...more } = isObject(one) ? one : ({} as JsonObject)
    if (typeof secret !== "string" || !ARN.test(secret) || !isObject(place) || Object.keys(more).length > 0)
      throw wrong("ROTATION_ADMINS", accepts)
    return { secretId: secret, place: placeOf(JSON.stringify(place)) }
  })
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function must<T>(value: T | undefined, name: string, accepts: string): T {
  if (value === undefined) throw wrong(name, accepts)
  return value
}

function wrong(name: string, accepts: string): Error {
  return new Error(`${name} must be ${accepts}`)
}
