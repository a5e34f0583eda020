/** A part of a template, walked without asking what is there: what is not there is undefined, and no test is content with that. */
export interface Part {
  readonly [name: string]: Part
}

export function list(part: Part | undefined): readonly Part[] {
  return Array.isArray(part) ? (part as readonly Part[]) : part === undefined ? [] : [part]
}

export function text(part: Part | undefined): string {
  return typeof part === "string" ? part : JSON.stringify(part ?? null)
}
