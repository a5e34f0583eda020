import { TylerError } from "../core/errors.ts"
import { MATRIX } from "./matrix.ts"

interface Path {
  readonly method: string
  readonly pattern: RegExp
}

let paths: readonly Path[] | undefined

/** The matrix's paths as patterns; a secret's name may hold slashes, an id may not. Made when first asked for. */
function matrixPaths(): readonly Path[] {
  paths ??= Object.keys(MATRIX).map((id) => {
    const [method = "", path = ""] = id.split(" ")
    return { method, pattern: new RegExp(`^${path.replaceAll("{name}", ".+").replaceAll(/:\w+/g, "[^/]+")}$`) }
  })
  return paths
}

/** 405 with what is accepted where the path has a route by another method (RFC 9110, 15.5.6), else 404. */
export function notRouted(method: string, url: string): TylerError {
  const path = url.split("?", 1)[0] ?? ""
  const allowed = [...new Set(matrixPaths().flatMap((one) => (one.pattern.test(path) ? [one.method] : [])))].toSorted()
  const shown = /^[A-Z]{1,10}$/.test(method) ? method : "this method"
  if (allowed.length === 0) return new TylerError("not_found", { error: `No such route for ${shown}` })
  return new TylerError("method_not_allowed", { error: `Not for ${shown} here; for ${allowed.join(", ")}`, allowed })
}
