import { type Call, switched } from "./command.ts"
import { printable, printableJson } from "./printable.ts"
import type { OutputStream, World } from "./world.ts"

/** Writes and waits until the reader has taken it; a pipe whose reader is gone ends the writing quietly. */
export async function write(stream: OutputStream, text: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error?: (Error & { code?: string }) | null) => {
      if (error && error.code !== "EPIPE") reject(error)
      else resolve()
    })
  })
}

export async function line(world: World, text: string): Promise<void> {
  await write(world.stdout, `${text}\n`)
}

/** What is said beside the answer: progress, notes. */
export async function note(world: World, text: string): Promise<void> {
  await write(world.stderr, `${text}\n`)
}

/** One JSON text, on one line unless a person looks at it. */
export async function json(world: World, value: unknown): Promise<void> {
  await line(world, printableJson(value, world.stdout.isTTY ? 2 : undefined))
}

/** The answer as JSON with `--json`, else as `people` puts it. */
export async function answer(call: Call, value: unknown, people: () => Promise<void>): Promise<void> {
  await (switched(call, "json") ? json(call.world, value) : people())
}

type Style = "bold" | "dim" | "red" | "green" | "yellow"
const STYLES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
}

/** Colour on a terminal only, and not with NO_COLOR (no-color.org) or TERM=dumb. */
export function styled(world: World, stream: OutputStream, style: Style, text: string): string {
  const plain = !stream.isTTY || (world.env["NO_COLOR"] ?? "") !== "" || world.env["TERM"] === "dumb"
  const [on, off] = STYLES[style]
  return plain ? text : `\u001b[${on}m${text}\u001b[${off}m`
}

/** Aligned columns under their headings; on a terminal the last one is cut to its width. */
export async function table(
  world: World,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const cells = [headings, ...rows.map((row) => row.map(printable))]
  const widths = headings.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ""))))
  const room = world.stdout.isTTY ? (world.stdout.columns ?? 0) : 0
  for (const [at, row] of cells.entries()) {
    const text = cut(row.map((cell, column) => pad(cell, column, widths)).join("  "), room)
    await line(world, at === 0 ? styled(world, world.stdout, "dim", text) : text)
  }
}

function pad(cell: string, column: number, widths: readonly number[]): string {
  return column === widths.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - widthOf(cell))
}

function widthOf(text: string): number {
  return Array.from(text).length
}

function cut(text: string, room: number): string {
  const characters = Array.from(text)
  return room < 20 || characters.length <= room ? text : `${characters.slice(0, room - 1).join("")}…`
}

/** Name and value, one a line. */
export async function facts(world: World, pairs: readonly (readonly [string, string])[]): Promise<void> {
  const width = Math.max(...pairs.map(([name]) => name.length))
  for (const [name, value] of pairs)
    await line(world, `${styled(world, world.stdout, "dim", name.padEnd(width))}  ${printable(value)}`)
}
