import { KINDS, type NoticeKind, type Text } from "./kind.ts"

export interface Written {
  /** One line, at most 150 characters. */
  readonly subject: string
  /** Plain text; the link, if there is one, stands in its last line. */
  readonly text: string
  readonly link: string | null
}

const LONGEST_FACT = 200
const LONGEST_SUBJECT = 150

/**
 * Writes a notification out. Facts were names once that somebody chose: nothing in them can start a line, a header or a
 * text direction of its own. @param publicUrl origin of the links.
 */
export function write(kind: NoticeKind, facts: Readonly<Record<string, string | number>>, publicUrl: string): Written {
  const { subject, body, link } = KINDS[kind]
  const fact: Text = (name) => oneLine(String(facts[name] ?? "?"), LONGEST_FACT)
  const to = link ? `${publicUrl}/approve/${encodeURIComponent(fact("requestId"))}` : null
  return { subject: oneLine(subject(fact), LONGEST_SUBJECT), text: lines(body(fact), to), link: to }
}

function lines(body: string, link: string | null): string {
  return `${[body, ...(link === null ? [] : ["", link])].join("\n")}\n`
}

/** Controls, format characters (the bidirectional ones are among them), and what no font has, become `?`. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu

function oneLine(text: string, limit: number): string {
  const seen = text.toWellFormed().replaceAll(UNSEEN, "?")
  const chars = Array.from(seen)
  return chars.length > limit ? `${chars.slice(0, limit - 3).join("")}...` : seen
}
