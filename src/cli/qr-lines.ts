import { qrCode } from "../core/qr.ts"
import type { World } from "./world.ts"

/** Modules of light around a code. */
const QUIET = 4
const HALVES = [" ", "\u2584", "\u2580", "\u2588"] as const

/**
 * A QR code for the terminal on standard error, two rows of modules a line, or nothing: where it would not fit and where
 * block characters may not show. Light modules are drawn, white on black.
 */
export function qrLines({ stderr, env }: World, text: string): readonly string[] {
  const utf8 = /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "")
  if (!stderr.isTTY || !utf8) return []
  const code = qrCode(text)
  const size = code.length + 2 * QUIET
  // A terminal that does not know its width says 0.
  if (size > (stderr.columns || size)) return []
  const light = (row: number, column: number): boolean => code[row - QUIET]?.[column - QUIET] !== 1
  const plain = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb"
  return Array.from({ length: Math.ceil(size / 2) }, (_, line) => {
    const cells = Array.from({ length: size }, (_, column) =>
      half(light(2 * line, column), light(2 * line + 1, column)),
    )
    return plain ? cells.join("") : `\u001b[97;40m${cells.join("")}\u001b[0m`
  })
}

function half(upper: boolean, lower: boolean): string {
  return HALVES[(upper ? 2 : 0) + (lower ? 1 : 0)] ?? " "
}
