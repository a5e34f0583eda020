import type { FastifyRequest } from "fastify"
import { EmptyBody } from "../api/auth.ts"
import { invalidField, parseBody } from "../api/parse.ts"
import { TylerError } from "../core/errors.ts"
import { isStorable } from "../core/storable.ts"
import type { Contract } from "./contract.ts"

/**
 * What a route does not take is refused, not passed over: a flag in the wrong place would otherwise seem to have been
 * obeyed. GET routes that are open to all are left alone, because monitors like to add a query.
 */
export function refuseUnlisted(contract: Contract, request: FastifyRequest, open: boolean): void {
  if (contract.query === undefined && !open && request.raw.url?.includes("?") && hasField(request.query))
    throw invalidField("", "No query field is accepted here")
  for (const id of Object.values(request.params as object))
    if (!isStorable(String(id))) throw new TylerError("not_found")
  if (contract.query !== undefined) refuseMalformed(request.raw.url ?? "")
  if (contract.body === undefined && request.body !== undefined) parseBody(EmptyBody, request.body)
}

function hasField(query: unknown): boolean {
  return Object.keys(query as object).length > 0
}

/** What does not decode would otherwise be taken for text as it stands, escapes and all. */
function refuseMalformed(url: string): void {
  const at = url.indexOf("?")
  if (at === -1 || !url.includes("%", at)) return
  try {
    decodeURIComponent(url.slice(at))
  } catch {
    throw invalidField("", "The query holds an escape that is no UTF-8")
  }
}
