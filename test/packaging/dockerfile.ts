/** One instruction of a Dockerfile: https://docs.docker.com/reference/dockerfile/ */
export interface Instruction {
  readonly word: string
  readonly rest: string
}

/** Joined lines, without comments and empty ones. */
export function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line))
  return lines
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => {
      const [word = "", ...rest] = line.trim().split(/\s+/)
      return { word, rest: rest.join(" ") }
    })
}

export interface Stage {
  readonly from: string
  readonly name: string | undefined
  readonly steps: readonly Instruction[]
}

export function stagesOf(instructions: readonly Instruction[]): readonly Stage[] {
  const starts = instructions.flatMap(({ word }, at) => (word === "FROM" ? [at] : []))
  return starts.map((start, at) => {
    const [from = "", , name] = (instructions[start] as Instruction).rest.split(" ")
    return { from, name, steps: instructions.slice(start + 1, starts[at + 1] ?? instructions.length) }
  })
}

/** The one of a word. */
export function only({ steps }: Stage, word: string): string {
  const found = steps.filter((step) => step.word === word)
  if (found.length !== 1) throw new Error(`${found.length} times ${word}`)
  return (found[0] as Instruction).rest
}

/** `A=b C="d e"`. */
export function pairsOf(text: string): Readonly<Record<string, string>> {
  const found = text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)
  const pairs: [string, string][] = Array.from(found, ([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""])
  return Object.fromEntries(pairs)
}
