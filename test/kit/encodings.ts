import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** A text in the spellings in which it might lie about: plain, escaped, encoded, backwards, in other character sets. */
export function spellings(text: string): Map<string, Buffer> {
  const utf8 = Buffer.from(text, "utf8")
  const wide = Buffer.from(text, "utf16le")
  const found = new Map<string, Buffer>([
    ["plain", utf8],
    ["hex", Buffer.from(utf8.toString("hex"))],
    ["HEX", Buffer.from(utf8.toString("hex").toUpperCase())],
    ["URL", Buffer.from(encodeURIComponent(text))],
    ["backwards", Buffer.from(text.split("").toReversed().join(""))],
    ["UTF-16LE", wide],
    ["UTF-16BE", Buffer.from(wide).swap16()],
    ["JSON", Buffer.from(JSON.stringify(text).slice(1, -1))],
    [
      "escapes",
      Buffer.from(
        text
          .split("")
          .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
          .join(""),
      ),
    ],
    ["folded", Buffer.from(text.toLowerCase())],
  ])
  for (const shift of [0, 1, 2]) found.set(`base64+${shift}`, Buffer.from(base64Within(utf8, shift)))
  for (const shift of [0, 1, 2]) found.set(`base64url+${shift}`, Buffer.from(toUrl(base64Within(utf8, shift))))
  return found
}

/** What of the base64 of a longer text depends on this part of it only, when it starts `shift` bytes after a boundary. */
function base64Within(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString("base64")
    .replaceAll("=", "")
  return encoded.slice(shift === 0 ? 0 : shift + 1, encoded.length - 1)
}

function toUrl(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_")
}

/** The spellings of `text` that are in `bytes`. */
export function spelledIn(bytes: Buffer, text: string): string[] {
  return [...spellings(text)].filter(([, spelling]) => bytes.includes(spelling)).map(([name]) => name)
}

/** All files below a folder. */
export function filesBelow(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, bytes: readFileSync(path) }))
}
