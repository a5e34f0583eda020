import { createHmac } from "node:crypto"
import { equalBytes, lengthPrefixed } from "../core/bytes.ts"
import { type Json, parseJson } from "../core/json.ts"
import type { Caller } from "../operations/service.ts"
import type { Desk } from "./desk.ts"
import { AwsError } from "./errors.ts"

const MAC_BYTES = 16

/** What a page's token holds for: one operation, one caller, and the same question. */
export interface Paging {
  readonly desk: Desk
  readonly caller: Caller
  readonly operation: string
  /** All members that say what is listed and in which order. */
  readonly question: Json
}

/** Where the next page begins, as text that only this service can make; undefined: there is no more. */
export function nextToken(paging: Paging, place: Json | null): string | undefined {
  if (place === null) return undefined
  const bytes = Buffer.from(JSON.stringify(place))
  return Buffer.concat([codeOf(paging, bytes), bytes]).toString("base64url")
}

/** Null for the first page. @throws AwsError `InvalidNextTokenException` for what was not made for this question */
export function placeIn(paging: Paging, token: string | undefined): Json | null {
  if (token === undefined) return null
  const given = Buffer.from(token, "base64url")
  const place = given.subarray(MAC_BYTES)
  if (given.toString("base64url") !== token || !equalBytes(codeOf(paging, place), given.subarray(0, MAC_BYTES)))
    throw new AwsError("InvalidNextTokenException", "The NextToken value is invalid.")
  return parseJson(place.toString("utf8"))
}

function codeOf({ desk, caller, operation, question }: Paging, place: Uint8Array): Buffer {
  const parts = ["tyler-next-token/1", operation, caller.principal.id, JSON.stringify(question), place]
  const mac = createHmac("sha256", desk.service.keyring().rowsKey).update(lengthPrefixed(parts)).digest()
  return mac.subarray(0, MAC_BYTES)
}
