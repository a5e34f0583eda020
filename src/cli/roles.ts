import { isRole } from "../core/principal.ts"
import { type Call, given, UsageError } from "./command.ts"

/** `--roles a,b`. Throws UsageError. */
export function rolesOf(call: Call): string[] {
  const roles = (given(call, "roles") ?? "").split(",").filter((role) => role !== "")
  if (roles.length === 0) throw new UsageError("--roles is missing: name at least one", call.command.words)
  if (!roles.every(isRole))
    throw new UsageError("a role is a lower-case letter, then up to 31 of a-z, 0-9 or -", call.command.words)
  return roles
}
