import type { Scope } from "../api/fields.ts"
import { isVerb } from "../core/verb.ts"
import { type Call, given, type Option, UsageError } from "./command.ts"

/** What limits a token; both or neither. */
export const SCOPE_OPTIONS: readonly Option[] = [
  { name: "secrets", value: "A/*,B/C", summary: "limit the token to secrets that match, up to 20 patterns" },
  { name: "verbs", value: "A,B", summary: "limit the token to these verbs (list, read, reveal...)" },
]

/** `--secrets a/*,b/c --verbs read,reveal`. Throws UsageError. */
export function scopeOf(call: Call): { readonly scope?: Scope } {
  const [secrets, verbs] = ["secrets", "verbs"].map((name) => given(call, name)?.split(","))
  if (secrets === undefined && verbs === undefined) return {}
  if (secrets === undefined || verbs === undefined)
    throw new UsageError("--secrets and --verbs go together: a scope is both", call.command.words)
  const odd = verbs.find((verb) => !isVerb(verb))
  if (odd !== undefined) throw new UsageError("--verbs names a verb that does not exist", call.command.words)
  return { scope: { secrets, verbs: verbs.filter(isVerb) } }
}
