import type { Mark, Trail } from "./trail.ts"

/** Numbers of the newest entry of each action that succeeded, the newest first. */
export function evidence({ done }: Trail, ...actions: readonly string[]): readonly number[] {
  return actions.flatMap((action) => done.get(action)?.index ?? []).toSorted((a, b) => b - a)
}

/** How often, within the time looked at. */
export function countOf(marks: ReadonlyMap<string, Mark>, ...actions: readonly string[]): number {
  return actions.reduce((sum, action) => sum + (marks.get(action)?.count ?? 0), 0)
}

/** How far back a count goes: `in 90 days`, or how many entries it covers. */
export function spanText({ cut, looked, since }: Trail, at: number): string {
  return cut ? `in the newest ${looked} entries` : `in ${Math.round((at - since) / 86_400_000)} days`
}
