import { type AwsCheck, type Checked, checksFor, type Finding, findingOf } from "../adapters/aws/checks.ts"
import type { Clock } from "../core/clock.ts"
import type { Config } from "./config.ts"

/** One check as it went. */
interface Tried extends Omit<AwsCheck, "run">, Finding {}

/**
 * Tries each thing that the configuration needs of AWS, whether or not the server runs. Changes nothing there or here.
 * @returns the exit code: 1 if something is wrong
 */
export async function awsDoctor(
  config: Config,
  json: boolean,
  clock: Pick<Clock, "now">,
  say: (line: string) => void,
): Promise<number> {
  const tried = config.aws === null ? [NO_REGION] : await tryAll(checked(config, config.aws, clock))
  const ok = tried.every(({ state }) => state !== "fault")
  if (json) say(JSON.stringify({ ok, checks: tried }, null, 2))
  else for (const one of tried) say(lineOf(one))
  return ok ? 0 : 1
}

const NO_REGION: Tried = {
  name: "region",
  permission: null,
  on: null,
  tried: "AWS_REGION",
  state: "fault",
  text: "AWS_REGION is not set, so nothing of AWS is asked",
}

function checked(
  { environment, store, secrets, metrics, mirrors }: Config,
  aws: NonNullable<Config["aws"]>,
  clock: Pick<Clock, "now">,
): Checked {
  const { place, accountId, kms } = aws
  const named = [
    { variable: "KMS_KEY_ID", keyId: kms?.keyId ?? null },
    { variable: "KMS_NEXT_KEY_ID", keyId: kms?.nextKeyId ?? null },
  ]
  const kmsKeys = named.flatMap(({ variable, keyId }) => (keyId === null ? [] : [{ variable, keyId }]))
  const prefix = store === null ? null : secrets.prefix
  const copies = { metrics: metrics?.by === "stdout" ? null : metrics, logs: mirrors.logs, s3: mirrors.s3 }
  return { place, accountId, kmsKeys, environment, prefix, copies, now: () => clock.now(), seen: {} }
}

/** One after the other: a later check looks at what an earlier one has seen. */
async function tryAll(on: Checked): Promise<Tried[]> {
  const all: Tried[] = []
  for (const { run, ...check } of checksFor(on)) all.push({ ...check, ...(await run(on).catch(findingOf)) })
  return all
}

function lineOf({ state, name, permission, on, tried, text }: Tried): string {
  const what = [name, ...(on === null ? [] : [`(${on})`])].join(" ")
  const how = permission === null ? `tried: ${tried}` : `needs ${permission}; tried: ${tried}`
  return `${state === "fault" ? "FAULT" : state}: ${what}: ${text} [${how}]`
}
