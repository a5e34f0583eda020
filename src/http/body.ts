import { isUtf8 } from "node:buffer"
import type { IncomingMessage } from "node:http"
import { TylerError } from "../core/errors.ts"
import { type Json, parseJson } from "../core/json.ts"
import { timesGiven } from "./raw-headers.ts"

/** JSON has no parameters (RFC 8259, 11); the one that people send may say what must be so anyway. */
const JSON_TYPE = /^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?[ \t]*$/i

/**
 * The router's parser takes any parameter for JSON's own, so `charset=utf-16` would be read as UTF-8: refused here.
 * Types other than JSON it refuses itself. Of two Content-Type lines Node drops the second: which one counts would
 * depend on who reads.
 */
export function refuseOddMedia(request: IncomingMessage): void {
  const { headers } = request
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) return
  const type = headers["content-type"]
  if (type === undefined) return
  if (timesGiven(request, "content-type") > 1 || !JSON_TYPE.test(type)) throw new TylerError("unsupported_media_type")
}

/** Strict JSON in strict UTF-8: a lenient decoder would store U+FFFD in place of what was sent. */
export function readJson(bytes: Buffer): Json | undefined {
  if (bytes.byteLength === 0) return undefined
  if (!isUtf8(bytes)) throw new TylerError("invalid_json", { error: "The body is not UTF-8" })
  return parseJson(bytes.toString("utf8"))
}
