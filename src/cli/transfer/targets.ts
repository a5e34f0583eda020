import type { ListItem } from "../../api/secrets.ts"
import type { TylerClient } from "../../client/client.ts"
import { foldName } from "../../core/name.ts"
import { REFUSED } from "../exit.ts"
import type { Entry } from "./entry.ts"
import { fitName } from "./name-fit.ts"
import type { Outcome } from "./outcome.ts"

/** A secret of the source under the name it is to have here, and what stands there of that name. */
export interface Target {
  readonly name: string
  readonly entry: Entry
  readonly existing: ListItem | undefined
}

export interface Naming {
  /** Put before every name, with a slash between. */
  readonly prefix: string | undefined
  /** Taken from the beginning of every name. */
  readonly strip: string | undefined
  /** Take the nearest name that fits where one does not. */
  readonly rename: boolean
}

/** Names by the rules of spec/names.md; what has none, and what would share one, is refused and never changed silently. */
export function named(
  entries: readonly Entry[],
  naming: Naming,
): { readonly fit: readonly (readonly [string, Entry])[]; readonly outcomes: readonly Outcome[] } {
  const fit: (readonly [string, Entry])[] = []
  const outcomes: Outcome[] = []
  const wanted = entries.map((entry) => [entry, nameOf(entry.name, naming)] as const)
  const times = new Map<string, number>()
  for (const [, result] of wanted)
    if ("name" in result) times.set(foldName(result.name), (times.get(foldName(result.name)) ?? 0) + 1)
  for (const [entry, result] of wanted) {
    const { content } = entry
    if (!("name" in result)) outcomes.push(refusal(entry.name, "invalid_name", result.why))
    else if ((times.get(foldName(result.name)) ?? 0) > 1)
      outcomes.push(
        refusal(
          result.name,
          "name_twice",
          "more than one secret of the source would have this name (case does not tell names apart)",
        ),
      )
    else if ("gone" in content) outcomes.push({ name: result.name, did: "gone", why: content.gone })
    else if ("fault" in content) outcomes.push(refusal(result.name, "invalid_value", content.fault))
    else fit.push([result.name, entry])
  }
  return { fit, outcomes }
}

function refusal(name: string, code: string, why: string): Outcome {
  return { name, did: "refused", code, why, exit: REFUSED }
}

function nameOf(text: string, { prefix, strip, rename }: Naming): { readonly name: string } | { readonly why: string } {
  if (strip !== undefined && !text.startsWith(strip))
    return { why: "the name does not begin with what --strip takes away" }
  const own = text.slice(strip?.length ?? 0)
  const result = fitName(prefix === undefined ? own : `${prefix.replace(/\/$/, "")}/${own}`)
  if ("name" in result) return result
  if (result.fits === undefined) return { why: result.why }
  return rename ? { name: result.fits } : { why: `${result.why}; ${result.fits} would fit (--rename takes it)` }
}

/** Finds what is there already. Asks for names and descriptions only, and only below what all the names share. */
export async function targetsOf(
  client: TylerClient,
  fit: readonly (readonly [string, Entry])[],
): Promise<readonly Target[]> {
  if (fit.length === 0) return []
  const wanted = new Set(fit.map(([name]) => name))
  const existing = new Map<string, ListItem>()
  for await (const item of client.list({ prefix: shared(wanted), limit: 100 }))
    if (wanted.has(item.name)) existing.set(item.name, item)
  return fit.map(([name, entry]) => ({ name, entry, existing: existing.get(name) }))
}

function shared(names: ReadonlySet<string>): string {
  let prefix: string | undefined
  for (const name of names) {
    prefix ??= name
    while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1)
  }
  return prefix ?? ""
}
