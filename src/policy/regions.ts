import type { SecretName } from "../core/name.ts"
import type { Pattern } from "./pattern.ts"

/** One name for each set of patterns that some name matches. */
export interface Regions {
  /** In lower case; they need not be names of secrets, and may be longer than a name can be. */
  readonly names: readonly SecretName[]
  /** False: there were more than was asked for, and `names` is only a part. */
  readonly complete: boolean
}

interface State {
  readonly segments: readonly string[]
  /** Numbers of the patterns that agree with the segments so far, ascending. */
  readonly alive: readonly number[]
}

/**
 * Patterns divide all names, of which there is no end, into regions: names that match the very same patterns. Rows see
 * nothing of a name but which patterns match, so one name for each region stands for all of it. They are found by
 * spelling names from the left. At each place only the literals that a pattern still in question has there can tell
 * names apart, and one segment that no pattern has stands for every other. Names longer than every pattern still in
 * question match the final stars and nothing else, so one segment more than the longest is long enough.
 *
 * There may be exponentially many regions (20 rows with one literal each, all in different places, make a million), and
 * finding the one that matters is as hard as satisfying a formula. So the search has a bound, and says if it met it.
 * @param worth whether a region that matches some or all of these patterns is of interest. May only turn to false, never
 * to true, as patterns drop out.
 * @param most states to walk through.
 */
export function regionsOf(
  patterns: readonly Pattern[],
  worth: (alive: readonly number[]) => boolean,
  most: number,
): Regions {
  const names: SecretName[] = []
  const steps = walkRegions(patterns, worth, most)
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return { names, complete: step.value }
    if (step.value !== null) names.push(step.value)
  }
}

/**
 * The same search step by step, for those who share a thread: each step gives a name or null, and its end says whether
 * that was all.
 */
export function* walkRegions(
  patterns: readonly Pattern[],
  worth: (alive: readonly number[]) => boolean,
  most: number,
): Generator<SecretName | null, boolean, void> {
  const other = unusedSegment(patterns)
  const found = new Set<string>()
  const seen = new Set<string>()
  const waiting: State[] = [{ segments: [], alive: patterns.map((_, at) => at) }]
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const depth = state.segments.length
    const ending = state.alive.filter((at) => endsAt(patterns[at] as Pattern, depth))
    const key = ending.join()
    const fresh = depth > 0 && worth(ending) && !found.has(key)
    if (fresh) found.add(key)
    yield fresh ? (state.segments.join("/") as SecretName) : null
    for (const next of longer(patterns, state, other)) {
      const path = `${depth} ${next.alive.join()}`
      if (seen.has(path) || !worth(next.alive)) continue
      if (seen.size >= most) return false
      seen.add(path)
      waiting.push(next)
    }
  }
  return true
}

/** A name of so many segments, all agreeing, matches. */
function endsAt({ segments, open }: Pattern, depth: number): boolean {
  return open ? depth >= segments.length : depth === segments.length
}

/** Every state one segment on that can differ from the others; none once the rest of a name no longer matters. */
function longer(patterns: readonly Pattern[], { segments, alive }: State, other: string): readonly State[] {
  const depth = segments.length
  const settled = alive.every((at) => endsAt(patterns[at] as Pattern, depth) && patterns[at]?.open === true)
  if (depth > 0 && settled) return []
  const lasting = alive.filter((at) => depth < (patterns[at] as Pattern).segments.length || patterns[at]?.open)
  const bySegment = Map.groupBy(lasting, (at) => patterns[at]?.segments[depth] ?? null)
  const any = bySegment.get(null) ?? []
  bySegment.delete(null)
  const named = [...bySegment].map(([segment, own]) => ({
    segments: [...segments, segment as string],
    alive: [...own, ...any].toSorted((a, b) => a - b),
  }))
  return [...named, { segments: [...segments, other], alive: any }]
}

/** `any`, `any-1`...: a legal segment that stands in no pattern. */
function unusedSegment(patterns: readonly Pattern[]): string {
  const used = new Set(patterns.flatMap(({ segments }) => segments))
  for (let n = 0; ; n++) {
    const segment = n === 0 ? "any" : `any-${n}`
    if (!used.has(segment)) return segment
  }
}
