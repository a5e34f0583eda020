/**
 * Characters that a terminal obeys or that disguise what follows: C0, DEL and C1 controls, line and paragraph
 * separators, marks of direction, zero-width characters and lone surrogates. Descriptions, reasons and user agents are
 * in the hands of whoever wrote them.
 */
const OBEYED =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/** One line of text for people: such characters show as `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(OBEYED, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** Text of several lines: as `printable`, but line feeds and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(OBEYED, (character) =>
    character === "\n" || character === "\t" ? character : printable(character),
  )
}

/** JSON in which such characters are escaped inside strings; still the same JSON. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(OBEYED, (character) => {
    if (character === "\n") return character
    return [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join("")
  })
}
