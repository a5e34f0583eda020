/** How a check went. `unused`: what it looks at is not used here. `warn`: it holds in part, or only as far as was looked. */
export const STATES = ["ok", "unused", "warn", "fault"] as const
export type State = (typeof STATES)[number]

/** What was found. */
export interface Look {
  readonly state: State
  /** In words, with the numbers; names at most twenty, never a value. */
  readonly figure: string
  /** What would put it right; null: nothing has to be. */
  readonly fix: string | null
  /** Numbers of audit entries that show it, the newest first. */
  readonly entries: readonly number[]
}

export function ok(figure: string, entries: readonly number[] = []): Look {
  return { state: "ok", figure, fix: null, entries }
}

export function unused(figure: string): Look {
  return { state: "unused", figure, fix: null, entries: [] }
}

export function warn(figure: string, fix: string, entries: readonly number[] = []): Look {
  return { state: "warn", figure, fix, entries }
}

export function fault(figure: string, fix: string, entries: readonly number[] = []): Look {
  return { state: "fault", figure, fix, entries }
}

/** The worst of several; `unused` only where all are. */
export function worst(states: readonly State[]): State {
  if (states.includes("fault")) return "fault"
  if (states.includes("warn")) return "warn"
  return states.length > 0 && states.every((state) => state === "unused") ? "unused" : "ok"
}
