import { SETTING_NAMES, SETTINGS, type SettingName, type Values } from "./settings.ts"

export type Environment = Readonly<Record<string, string | undefined>>

/** Ours, but read by other programs: the command line client and the tests. */
const ELSEWHERE = ["TYLER_URL", "TYLER_TOKEN", "TYLER_REASON"]

export interface ReadEnvironment {
  readonly values: Values
  readonly faults: readonly string[]
  readonly hints: readonly string[]
}

/** Reads each variable by its kind. A variable that is set but empty is a fault: it is nearly always a lost value. */
export function readEnvironment(env: Environment, cwd: string): ReadEnvironment {
  const values: Partial<Record<SettingName, unknown>> = {}
  const faults: string[] = []
  for (const name of SETTING_NAMES) {
    const text = env[name]
    if (text === undefined) continue
    const parsed =
      text === "" ? { fault: "is set but empty; unset it or give a value" } : SETTINGS[name].kind.parse(text, cwd)
    if ("fault" in parsed) faults.push(`${name} ${parsed.fault}`)
    else values[name] = parsed.value
  }
  return { values: values as Values, ...judgeStrangers(env, faults) }
}

/** Unknown TYLER_ variables stop the start; a near miss of another name may belong to somebody else, so it is a hint. */
function judgeStrangers(env: Environment, before: readonly string[]): { faults: string[]; hints: string[] } {
  const faults = [...before]
  const hints: string[] = []
  for (const name of Object.keys(env)) {
    if (name in SETTINGS || ELSEWHERE.includes(name) || name.startsWith("TYLER_TEST_")) continue
    const near = nearest(name)
    const shown = name.slice(0, 60)
    if (name.startsWith("TYLER_")) {
      faults.push(`${shown} is not a known variable${near === undefined ? "" : `; did you mean ${near}?`}`)
    } else if (near !== undefined) {
      hints.push(`${shown} is not read; did you mean ${near}?`)
    }
  }
  return { faults, hints }
}

/** Short names (HOST, PORT) have too many innocent neighbours. */
const SHORTEST_GUESSED = 8
const FARTHEST = 2

function nearest(name: string): SettingName | undefined {
  let best: { readonly name: SettingName; readonly distance: number } | undefined
  for (const known of SETTING_NAMES) {
    if (known.length < SHORTEST_GUESSED || Math.abs(known.length - name.length) > FARTHEST) continue
    const distance = editDistance(name, known)
    if (distance <= FARTHEST && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { name: known, distance }
  }
  return best?.name
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}
