import { type Call, given, UsageError } from "./command.ts"

/** An option that is a whole number within bounds, or undefined. Throws UsageError. */
export function wholeNumber(call: Call, name: string, least: number, most: number): number | undefined {
  const text = given(call, name)
  if (text === undefined) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`, call.command.words)
}
