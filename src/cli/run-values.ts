import { isUtf8 } from "node:buffer"
import type { AccessAnswer, BatchRefusal } from "../api/access.ts"
import type { TylerClient } from "../client/client.ts"
import { TylerApiError } from "../client/error.ts"
import type { Shown } from "./attempt.ts"
import { type Call, UsageError } from "./command.ts"
import type { Wanted } from "./run-file.ts"
import type { Refused } from "./run-refused.ts"

/** Names in one durable act at most. */
const BATCH = 50

/**
 * The child's variables. Every secret is read once, however many variables it fills, and all of them are had before
 * anything runs: one refusal stops it, as an error like that of a single read.
 */
export async function secretVariables(
  call: Call,
  client: TylerClient,
  wanted: readonly Wanted[],
  reason: string | undefined,
): Promise<Record<string, string>> {
  const names = [...new Set(wanted.map(({ name }) => name))]
  const answers = new Map<string, AccessAnswer>()
  for (let at = 0; at < names.length; at += BATCH) {
    const part = names.slice(at, at + BATCH)
    for (const [name, answer] of await readBatch(call, client, part, reason)) answers.set(name, answer)
  }
  return Object.fromEntries(wanted.map((one) => [one.variable, textOf(one, answers.get(one.name))]))
}

type Read = readonly (readonly [name: string, answer: AccessAnswer])[]

/** What is refused for want of an approval or a code is read again once both are there. */
async function readBatch(
  call: Call,
  client: TylerClient,
  names: readonly string[],
  reason: string | undefined,
): Promise<Read> {
  const options = { unmask: true, ...(reason === undefined ? {} : { reason }) }
  const items = named(names, await client.access(names, options))
  const refused = items.flatMap(([name, item]) => ("receipt" in item ? [] : [[name, item] as const]))
  const shown = refused.length === 0 ? undefined : await afterwards(call, client, reason, refused)
  if (shown === undefined) return items.map(([name, item]) => [name, delivered(item)])
  const late = refused.map(([name]) => name)
  const again = named(late, await client.access(late, { ...options, ...shown }))
  return [...items.filter(([name]) => !late.includes(name)), ...again].map(([name, item]) => [name, delivered(item)])
}

/** Loaded for refusals only, which keeps the start short. */
async function afterwards(
  call: Call,
  client: TylerClient,
  reason: string | undefined,
  refused: Refused,
): Promise<Shown | undefined> {
  const { afterRefusals } = await import("./run-refused.ts")
  return afterRefusals(call, client, reason, refused)
}

function named(names: readonly string[], items: readonly (AccessAnswer | BatchRefusal)[]) {
  return items.map((item, at) => [names[at] ?? "", item] as const)
}

function delivered(item: AccessAnswer | BatchRefusal): AccessAnswer {
  if ("receipt" in item) return item
  const { name, error, code, ...facts } = item
  const { status, requestId, ...rest } = facts as { status?: unknown; requestId?: unknown }
  const known = typeof status === "number" ? status : statusOf(code)
  throw new TylerApiError(known, code, `${name}: ${error}`, rest, typeof requestId === "string" ? requestId : null)
}

/** A batch answers 200 as a whole; this gives its refusals the exit codes of single reads. */
function statusOf(code: string): number {
  const statuses: Readonly<Record<string, number>> = { not_found: 404, quota_exceeded: 429, rate_limited: 429 }
  if (code === "busy" || code === "unavailable" || code === "rolled_back") return 503
  return statuses[code] ?? 403
}

/** Text as it is; bytes if they are UTF-8; an object's field, or the whole object as JSON. */
function textOf({ variable, name, field }: Wanted, answer: AccessAnswer | undefined): string {
  const fault = (what: string) => new UsageError(`${variable}: ${name} ${what}`, "run")
  if (!answer) throw fault("was not answered")
  const text = field === undefined ? whole(answer, fault) : oneField(answer, field, fault)
  if (text.includes("\0")) throw fault("holds a NUL byte, which no variable can")
  return text
}

function whole({ value, valueBase64 }: AccessAnswer, fault: (what: string) => UsageError): string {
  if (valueBase64 === undefined) return typeof value === "string" ? value : JSON.stringify(value)
  const bytes = Buffer.from(valueBase64, "base64")
  if (!isUtf8(bytes)) throw fault("is not text")
  return bytes.toString("utf8")
}

function oneField({ value }: AccessAnswer, field: string, fault: (what: string) => UsageError): string {
  if (typeof value !== "object" || !Object.hasOwn(value, field)) throw fault(`has no field ${field}`)
  const found = value[field]
  return typeof found === "string" ? found : JSON.stringify(found)
}
