/** One line of the doctor's. */
export interface Finding {
  readonly name: string
  readonly state: "ok" | "warn" | "fault"
  readonly text: string
  /** What would put it right; null: nothing has to be. */
  readonly fix: string | null
}

export function ok(name: string, text: string): Finding {
  return { name, state: "ok", text, fix: null }
}

export function warn(name: string, text: string, fix: string): Finding {
  return { name, state: "warn", text, fix }
}

export function fault(name: string, text: string, fix: string): Finding {
  return { name, state: "fault", text, fix }
}

export function lineOf({ name, state, text, fix }: Finding): string {
  return `${state === "fault" ? "FAULT" : state}: ${name}: ${text}${fix === null ? "" : `; fix: ${fix}`}`
}
