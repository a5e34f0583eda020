import type { Json } from "../../openapi/schemas.ts"

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** A value of the document as HTML text; what is no text stands as JSON. */
export function text(value: Json | undefined): string {
  const plain = typeof value === "string" ? value : JSON.stringify(value ?? null)
  return plain.replaceAll(/[&<>"]/g, (char) => ESCAPES[char] ?? "")
}

/** With the two marks of CommonMark that our texts use. */
export function marked(value: Json | undefined): string {
  return text(value)
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>")
    .replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
}

export function paragraphs(value: Json | undefined): string {
  if (typeof value !== "string") return ""
  return value
    .split("\n\n")
    .map((paragraph) => `<p>${marked(paragraph)}</p>`)
    .join("\n")
}
