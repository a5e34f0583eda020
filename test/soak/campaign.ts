/** The two ways of keeping state. */
export type EngineName = "sqlite" | "postgres"

export interface Setting {
  readonly engine: EngineName
  readonly rounds: number
  /** Draws in [0, 1); the same seed gives the same draws. */
  readonly draw: () => number
  readonly progress: (text: string) => void
}

export interface Outcome {
  /** What was looked at, in numbers. */
  readonly checked: string
  /** What was not as promised; empty is good. */
  readonly violations: readonly string[]
}

export interface Campaign {
  readonly engines: readonly EngineName[]
  readonly rounds: number
  run(setting: Setting): Promise<Outcome>
}

/** xorshift32 (Marsaglia, 2003): enough for choosing what to do next, and repeatable. */
export function drawFrom(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

export function pick<T>(draw: () => number, from: readonly T[]): T {
  return from[Math.floor(draw() * from.length)] as T
}

export function between(draw: () => number, least: number, most: number): number {
  return least + draw() * (most - least)
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
