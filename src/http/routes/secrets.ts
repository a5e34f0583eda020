import { BatchBody, parseAccess } from "../../api/access.ts"
import { invalidField, parseBody } from "../../api/parse.ts"
import { parseCreate, parseListQuery } from "../../api/secrets.ts"
import { TylerError } from "../../core/errors.ts"
import { categoryOf, type SecretName } from "../../core/name.ts"
import { REASON_MIN, type Reason } from "../../core/reason.ts"
import type { VersionId } from "../../core/version.ts"
import { createSecret } from "../../operations/create.ts"
import { listSecrets } from "../../operations/list.ts"
import type { Result } from "../../operations/perform.ts"
import { type Disclosure, readSecret, readSecrets } from "../../operations/read.ts"
import { encodeValue } from "../../operations/value.ts"
import { isKnownCategory } from "../../policy/document.ts"
import type { Caller } from "../../operations/service.ts"
import type { SecretRow } from "../../state/rows.ts"
import { acceptReason, idempotencyKey } from "../accept.ts"
import type { Counters } from "../counters.ts"
import { cursorOf, cursorText } from "../cursor.ts"
import { acceptName, nameInPath } from "../lift.ts"
import { takeReads } from "../limiter.ts"
import type { Call, Handler } from "./handlers.ts"

export const secretRoutes = {
  "GET /api/secrets": async ({ wiring, caller, request }) => {
    const query = parseListQuery(request.query)
    const listing = await listSecrets(wiring.service, caller, {
      prefix: query.category === null ? query.prefix : narrowed(query.category, query.prefix),
      search: query.q,
      after: cursorText(query.cursor),
      limit: query.limit,
    })
    const userRoles = caller.principal.roles.toSorted()
    return {
      status: 200,
      body: {
        secrets: listing.secrets.map(secretAnswer),
        total: listing.secrets.length,
        userRole: userRoles[0] ?? null,
        userRoles,
        nextCursor: listing.nextAfter === null ? null : cursorOf(listing.nextAfter),
      },
    }
  },

  "POST /api/secrets": async (call) => {
    const { wiring, caller, body } = call
    const given = parseCreate(body)
    const name = await newName(call, given.name, given.category)
    const written = await createSecret(wiring.service, caller, {
      name,
      stored: encodeValue(given as Parameters<typeof encodeValue>[0]),
      description: given.description ?? "",
      tags: given.tags ?? null,
      idempotencyKey: idempotencyKey(call.request),
      kmsKeyId: given.kmsKeyId,
    })
    return { status: 201, body: { message: "Secret created successfully", ...written } }
  },

  "POST /api/secrets/access": async ({ wiring, caller, body }) => {
    const ask = parseBody(BatchBody, body)
    const reason = readReason(caller, ask.reason)
    const names = ask.names.map((name) => acceptName(name, wiring.service.settings.nameLimit))
    // The hook has taken one; the batch counts each member.
    takeReads(wiring.readLimits, caller.principal, wiring.service.clock, names.length - 1)
    const asks = names.map((name) => ({ ...PLAIN_READ, name, reason, unmask: ask.unmask ?? false }))
    const results = await readSecrets(wiring.service, caller, asks)
    return {
      status: 200,
      body: { items: results.map((result, at) => batchItem(wiring.counters, names[at] ?? "", result)) },
    }
  },

  "POST /api/secrets/{name}/access": async ({ wiring, caller, request, body }) => {
    const name = nameInPath(request.raw, wiring.service.settings.nameLimit)
    const ask = parseAccess(body)
    const disclosure = await readSecret(wiring.service, caller, {
      name,
      reason: readReason(caller, ask.reason),
      unmask: ask.unmask ?? false,
      versionId: ask.versionId as VersionId | undefined,
      stage: ask.stage,
      as: ask.as,
      skipCache: ask.skipCache ?? false,
    })
    return { status: 200, body: disclosureAnswer(disclosure) }
  },
} satisfies Record<string, Handler>

/** Null: the standing reason of the program that asks. */
function readReason({ principal }: Caller, text: string | undefined): Reason | null {
  if (text !== undefined) return acceptReason(text, REASON_MIN)
  if (principal.standingReason === undefined) throw invalidField("/reason", "reason is required")
  return null
}

const PLAIN_READ = { versionId: undefined, stage: undefined, as: undefined, skipCache: false } as const

function batchItem(counters: Counters, name: string, result: Result<Disclosure>): object {
  if ("value" in result) return disclosureAnswer(result.value)
  counters.refusal(result.error)
  const { code, facts, message } = result.error
  return { name, ...facts, error: message, code }
}

/** Both given: the stricter of the two; a prefix outside the category matches nothing. */
function narrowed(category: string, prefix: string): string {
  const root = `${category}/`
  if (prefix.startsWith(root)) return prefix
  if (root.startsWith(prefix)) return root
  throw invalidField("/prefix", "the prefix lies outside the category")
}

/** With `category` the name is always `category/name`; a name that already has one of its own is ambiguous. */
async function newName(call: Call, name: string, category: string | undefined): Promise<SecretName> {
  const limit = call.wiring.service.settings.nameLimit
  const plain = acceptName(name, limit)
  if (category === undefined) {
    if (categoryOf(plain) === undefined)
      throw new TylerError("invalid_name", {
        error: "A new secret needs a category: give `category`, or a name with a slash",
      })
    return plain
  }
  const own = categoryOf(plain)
  const policies = await call.wiring.service.policies.current()
  if (own !== undefined && isKnownCategory(policies, own)) throw new TylerError("ambiguous_name", { category: own })
  return acceptName(`${category}/${name}`, limit)
}

export function secretAnswer(row: SecretRow): object {
  return {
    name: row.name,
    arn: row.arn,
    description: row.description,
    tags: row.tags ?? [],
    lastChanged: new Date(row.changedAt).toISOString(),
    lastAccessed: row.lastAccessed,
    adopted: row.adopted,
  }
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
}

export function disclosureAnswer(read: Disclosure): object {
  return {
    name: read.name,
    ...read.value,
    masked: read.masked,
    accessTime: new Date(read.accessTime).toISOString(),
    versionId: read.versionId,
    receipt: {
      index: read.receipt.index,
      leafHash: base64Of(read.receipt.leafHash),
      checkpoint: read.receipt.checkpoint,
    },
    remainingToday: read.remainingToday,
  }
}
