import { CLAIMS } from "./claims.ts"
import { type Look, type State, worst } from "./finding.ts"
import { type Item, ITEMS } from "./frameworks.ts"
import type { Observed } from "./observed.ts"
import { type Check, CHECKS } from "./table.ts"

export interface Checked extends Omit<Check, "look">, Look {}

export interface JudgedClaim {
  /** From 1, as in the guide. */
  readonly number: number
  readonly text: string
  readonly state: State
  readonly duty: string
  readonly checks: readonly Checked[]
}

export interface JudgedItem extends Item {
  /** Names of the checks that support it; none: the operator's alone. */
  readonly checks: readonly string[]
  /** Null: no check looks at it. */
  readonly state: State | null
}

export interface Judged {
  readonly claims: readonly JudgedClaim[]
  readonly items: readonly JudgedItem[]
}

/** Every check, once, and what that makes of each claim and each item. */
export function judge(seen: Observed): Judged {
  const checks = CHECKS.map(({ look, ...check }): Checked => ({ ...check, ...look(seen) }))
  return {
    claims: CLAIMS.map((claim, at) => {
      const own = checks.filter(({ claims }) => claims.includes(at + 1))
      return { number: at + 1, ...claim, state: worst(own.map(({ state }) => state)), checks: own }
    }),
    items: (Object.keys(ITEMS) as (keyof typeof ITEMS)[]).map((name) => {
      const own = checks.filter(({ supports }) => supports.includes(name))
      const state = own.length === 0 ? null : worst(own.map((one) => one.state))
      return { ...ITEMS[name], checks: own.map((one) => one.name), state }
    }),
  }
}
