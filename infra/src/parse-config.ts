import {
  DUTIES,
  type Config,
  type Duty,
  type NetworkConfig,
  type KeysConfig,
  type ServiceConfig,
  type DataConfig,
  type EvidenceConfig,
  type PeopleConfig,
  type AlarmsConfig,
  type RotationFunction,
} from "./config.ts"
import { Reader } from "./reader.ts"

const REGION = /^[a-z]{2}(-[a-z]+)+-[0-9]$/
const NAME = /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/
const ROLE = /^arn:aws[a-z-]*:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,512}$/
const CIDR = /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}\/(?:[89]|[12][0-9]|3[0-2])$/
/** From ECR only, since there may be no other way in; with its digest, so that what was tried is what runs. */
const IMAGE = /^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\/[a-z0-9][a-z0-9._/-]{1,255}@sha256:[0-9a-f]{64}$/
const IMAGE_TEXT = "an image of ECR with its digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:..."
const PATH = /^\/[\w./-]{1,200}$/
const RECOVERY_DAYS = 35
const BELOW_PREFIX = /^[A-Za-z0-9/_+=.@-]{1,200}\/\*$/
const SECRET = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/
const TEN_YEARS = 3650

/** @throws Error with one line for each fault */
export function parseConfig(json: unknown): Config {
  const top = new Reader(json, "", [])
  const config: Config = {
    account: top.text("account", /^[0-9]{12}$/, "12 digits"),
    region: top.text("region", REGION, "a Region such as eu-central-1"),
    availabilityZones: top.texts(
      "availabilityZones",
      [2, 3],
      /^[a-z0-9-]{5,30}$/,
      "an availability zone of the Region",
    ),
    name: top.text("name", NAME, "3 to 24 lower-case letters, digits and hyphens"),
    network: networkOf(top.part("network")),
    keys: keysOf(top.part("keys")),
    service: serviceOf(top.part("service")),
    data: dataOf(top.part("data")),
    evidence: evidenceOf(top.part("evidence")),
    people: peopleOf(top.part("people")),
    rotation: rotationOf(top.part("rotation")),
    alarms: alarmsOf(top.part("alarms")),
  }
  top.end()
  judgeTogether(config, top)
  if (top.faults.length > 0) throw new Error(top.faults.join("\n"))
  return config
}

function judgeTogether({ region, availabilityZones, service, rotation }: Config, top: Reader): void {
  if (availabilityZones.some((zone) => !zone.startsWith(region)))
    top.fault("availabilityZones", `must lie in ${region}`)
  if (service.most < service.least) top.fault("service.most", "must not be less than service.least")
  if (!service.certificateArn.includes(`:${region}:`)) top.fault("service.certificateArn", `must be of ${region}`)
  if (service.duties.includes("rotate") && rotation.functions.length === 0)
    top.fault("service.duties", 'has "rotate", and rotation.functions has no function that could be asked to')
  if (!service.duties.includes("read")) top.fault("service.duties", 'must include "read": nothing works without')
}

function networkOf(of: Reader): NetworkConfig {
  const network = {
    cidr: of.text("cidr", /^10\.[0-9]{1,3}\.0\.0\/16$/, "a network such as 10.20.0.0/16"),
    natGateways: of.integer("natGateways", 0, 3),
  }
  of.end()
  return network
}

function keysOf(of: Reader): KeysConfig {
  const keys = { multiRegionKey: of.flag("multiRegionKey", false) }
  of.end()
  return keys
}

function serviceOf(of: Reader): ServiceConfig {
  const service: ServiceConfig = {
    image: of.text("image", IMAGE, IMAGE_TEXT),
    node: of.text("node", PATH, "an absolute path"),
    program: of.text("program", PATH, "an absolute path"),
    user: of.text("user", /^[1-9][0-9]{2,4}$/, "a number from 100 to 99999; 0 is root"),
    databaseAuthorities: of.text("databaseAuthorities", PATH, "an absolute path"),
    publicUrl: of.text(
      "publicUrl",
      /^https:\/\/[a-z0-9][a-z0-9.-]{1,251}[a-z0-9]$/,
      "https:// and a host, nothing more",
    ),
    certificateArn: of.text(
      "certificateArn",
      /^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate\/.+$/,
      "an ARN of ACM",
    ),
    tls: of.oneOf("tls", ["1.3", "1.2"]),
    reach: of.oneOf("reach", ["internal", "internet"]),
    clients: of.texts("clients", [1, 50], CIDR, "a network such as 10.0.0.0/8"),
    least: of.integer("least", 2, 50),
    most: of.integer("most", 2, 50),
    duties: of.texts("duties", [1, 4], /^(?:read|write|delete|rotate)$/, DUTIES.join(", ")) as readonly Duty[],
    adoption: of.flag("adoption", false),
  }
  of.end()
  return service
}

function dataOf(of: Reader): DataConfig {
  const data = {
    instance: of.text("instance", /^db\.[a-z0-9]+\.[a-z0-9]+$/, "an instance class such as db.m7g.large"),
    storageGiB: of.integer("storageGiB", 20, 16_384),
    backupDays: of.integer("backupDays", 1, RECOVERY_DAYS),
    cacheNode: of.text("cacheNode", /^cache\.[a-z0-9]+\.[a-z0-9]+$/, "a node type such as cache.t4g.small"),
    psqlImage: of.text("psqlImage", IMAGE, IMAGE_TEXT),
  }
  of.end()
  return data
}

function evidenceOf(of: Reader): EvidenceConfig {
  const evidence = { lockDays: of.integer("lockDays", 1, TEN_YEARS) }
  of.end()
  return evidence
}

function peopleOf(of: Reader): PeopleConfig {
  const roles = (name: string): readonly string[] => of.texts(name, [1, 10], ROLE, "the ARN of a role")
  const people = {
    keyAdministrators: roles("keyAdministrators"),
    deployers: roles("deployers"),
    auditors: roles("auditors"),
    breakGlass: roles("breakGlass"),
  }
  of.end()
  return people
}

function rotationOf(of: Reader): Config["rotation"] {
  const rotation = {
    bundle: of.text("bundle", /^[\w./-]{1,400}$/, "the path of a folder that holds rotation.mjs"),
    functions: of.parts("functions", [0, 10]).map(functionOf),
  }
  const strategies = rotation.functions.map(({ strategy }) => strategy)
  if (new Set(strategies).size < strategies.length) of.fault("functions", "must each have a strategy of its own")
  of.end()
  return rotation
}

function functionOf(of: Reader): RotationFunction {
  const one = {
    strategy: of.text("strategy", /^[a-z][a-z0-9-]{1,30}$/, "a strategy, see docs/rotation.md"),
    secrets: of.texts("secrets", [1, 20], BELOW_PREFIX, "a folder below the prefix, such as database/*"),
    admins: of.parts("admins", [0, 20]).map((admin) => {
      const bound = {
        secret: admin.text("secret", SECRET, "the ARN of a secret, with its six last characters"),
        place: admin.members("place"),
      }
      admin.end()
      return bound
    }),
  }
  of.end()
  return one
}

function alarmsOf(of: Reader): AlarmsConfig {
  const limits = of.part("limits")
  const alarms = {
    limits: {
      ALARM_SECRET_ACCESS: limits.integer("ALARM_SECRET_ACCESS", 1, 10_000),
      ALARM_FAILED_ACCESS: limits.integer("ALARM_FAILED_ACCESS", 1, 10_000),
      ALARM_MASS_READING: limits.integer("ALARM_MASS_READING", 1, 1_000),
    },
    emails: of.texts("emails", [1, 20], /^[^\s@]{1,64}@[^\s@]{1,255}$/, "a mail address"),
    runbooks: of.text("runbooks", /^https:\/\/\S{1,400}[^/\s]$/, "an https:// address without a slash at its end"),
  }
  limits.end()
  of.end()
  return alarms
}
