import { toWire, type WireEntry } from "../audit/export.ts"
import { TylerError } from "../core/errors.ts"
import { ADMIN, AUDITOR, isHalf } from "../core/principal.ts"
import type { EntryQuery, RequestQuery } from "../state/reader.ts"
import type { AccessRequestRow, CredentialRow, EntryRow, GrantRow, PrincipalRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { perform, type View } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export const PERSON_EXPORT_VERSION = 1

/**
 * Everything kept about a person, as lines of JSON: for that person, admins and auditors. Recorded before its first line
 * leaves; entries that come later are not in it. Pages of 500, so memory is bounded.
 */
export async function exportPerson(on: Service, caller: Caller, id: string): Promise<AsyncIterable<string>> {
  const about = { action: "PERSON_EXPORT", resourceType: "person", resourceName: id, reason: null }
  const row = await perform(on, caller, {
    about,
    async plan(view) {
      const by = requireReader(view, id)
      const found = await on.reader.principalById(id)
      if (found?.kind !== "person") throw new TylerError("not_found", { error: "No such user" })
      return { act: actOf(on, caller, view, about, { by }), done: () => found }
    },
  })
  const { size } = await on.reader.head()
  return linesOf(on, row, size)
}

function requireReader({ principal }: View, id: string): string {
  const { roles, assurance } = principal
  if (isHalf(assurance)) throw new TylerError("forbidden")
  if (principal.id === id) return "own_account"
  if (roles.includes(ADMIN) || roles.includes(AUDITOR)) return "role"
  throw new TylerError("forbidden", { requires: "role admin or auditor" })
}

async function* linesOf(on: Service, row: PrincipalRow, size: number): AsyncIterable<string> {
  yield line({ tyler: "person-export", version: PERSON_EXPORT_VERSION, id: row.id, size })
  yield line(await personLine(on, row))
  for (const credential of await on.reader.credentialsOf(row.id)) yield line(credentialLine(credential))
  for (const { id, kind, label, createdAt } of await on.reader.factorsOf(row.id))
    yield line({ kind: "factor", factor: kind, id, label, createdAt: time(createdAt) })
  for (const { id, issuer, subject, createdAt } of await on.reader.externalIdentitiesOf(row.id))
    yield line({ kind: "identity", id, issuer, subject, createdAt: time(createdAt) })
  for await (const request of requestsOf(on, row.id)) yield line(requestLine(request))
  for (const grant of await on.reader.grantsOf(row.id, GRANTS)) yield line(grantLine(grant))
  let entries = 0
  for (const [query, linesFor] of [
    [{ userId: row.id }, ownLines],
    [{ resourceName: row.id }, linesByOthers],
  ] as const)
    for await (const page of pages(on, query, size)) {
      const lines = linesFor(page, row.id)
      entries += lines.length
      yield lines.map(line).join("")
    }
  yield line({ kind: "end", entries })
}

function credentialLine(row: CredentialRow): object {
  const { kind, id, assurance, label, standingReason } = row
  const reason = standingReason === null ? {} : { reason: standingReason }
  return { kind, id, assurance, label, ...reason, createdAt: time(row.createdAt), expiresAt: time(row.expiresAt) }
}

/** Leases at most, newest first: those that have ended are deleted within a day or two. */
const GRANTS = 10_000

function grantLine(row: GrantRow): object {
  const { id, requestId, secretId, verb, usesLeft } = row
  const times = { createdAt: time(row.createdAt), expiresAt: time(row.expiresAt) }
  return { kind: "grant", id, requestId, secretId, verb, usesLeft, ...times }
}

/** Newest first. */
async function* requestsOf(on: Service, requesterId: string): AsyncIterable<AccessRequestRow> {
  for (let before: RequestQuery["before"] = null; ; ) {
    const page: readonly AccessRequestRow[] = await on.reader.requests({
      requesterId,
      state: null,
      before,
      limit: PAGE,
    })
    yield* page
    const last = page.at(-1)
    if (page.length < PAGE || last === undefined) return
    before = { createdAt: last.createdAt, id: last.id }
  }
}

function requestLine(row: AccessRequestRow): object {
  const { id, kind: request, verb, targets, reason, state, minutes, uses } = row
  const secrets = targets.map(({ name }) => name)
  const createdAt = time(row.createdAt)
  return { kind: "request", request, id, verb, secrets, reason, state, minutes, uses, createdAt }
}

async function personLine(on: Service, row: PrincipalRow): Promise<object> {
  const [hold, erasure] = await Promise.all([on.reader.hold(row.id), on.reader.erasure(row.id)])
  const { id, name: username, email, roles, disabled, mustChangePassword, mustEnrol, breakGlass } = row
  return {
    kind: "person",
    id,
    username,
    email,
    roles,
    disabled,
    mustChangePassword,
    mustEnrol,
    breakGlass,
    changedBy: row.changedBy.map(({ by, at }) => ({ by, at: time(at) })),
    createdBy: row.ownerId,
    createdAt: time(row.createdAt),
    held: hold !== undefined,
    erasedBy: erasure?.orderIndex ?? null,
  }
}

const PAGE = 500

/** Newest first. */
async function* pages(on: Service, query: Omit<EntryQuery, "limit">, size: number): AsyncIterable<readonly EntryRow[]> {
  for (let before = size; ; ) {
    const page = await on.reader.entries({ ...query, before, limit: PAGE })
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (page.length < PAGE || last === undefined) return
    before = last.index
  }
}

interface EntryLine extends WireEntry {
  readonly kind: "entry"
  /** Whether the person acted, or somebody acted on the person. */
  readonly person: "acted" | "concerned"
}

function ownLines(page: readonly EntryRow[]): EntryLine[] {
  return page.map((row) => ({ kind: "entry", person: "acted", ...toWire(row) }))
}

/** What these say of the other person (name, address, browser) is not this person's to have. */
function linesByOthers(page: readonly EntryRow[], id: string): EntryLine[] {
  return page
    .filter(({ userId }) => userId !== id)
    .map((row) => ({
      kind: "entry",
      person: "concerned",
      ...toWire(row),
      username: null,
      ip_address: null,
      user_agent: null,
    }))
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
