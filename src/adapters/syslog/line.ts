import type { Message } from "../../notice/channel.ts"

/** Security (10), https://www.rfc-editor.org/rfc/rfc5424 6.2.1. */
const FACILITY = 10
const ALERT = 1
const NOTICE = 5

/** What every receiver should take: https://www.rfc-editor.org/rfc/rfc5424 6.1. */
export const LINE_BYTES = 2_048

const BOM = "\ufeff"

export interface Sender {
  /** Of this machine, as it calls itself. */
  readonly host: string
  readonly pid: number
}

/**
 * One message by RFC 5424, no longer than `LINE_BYTES`. No structured data: its names would need a number of our own from
 * IANA. The same id at every attempt stands in front of the text.
 */
export function syslogLine({ id, kind, facts, createdAt, subject, text }: Message, { host, pid }: Sender): Buffer {
  const severity = facts["state"] === "over" ? NOTICE : ALERT
  const head = `<${FACILITY * 8 + severity}>1 ${new Date(createdAt).toISOString()} ${word(host, 255)} tyler-setup ${pid} ${word(kind, 32)} - `
  return cut(Buffer.from(`${head}${BOM}id=${id} ${subject} | ${text.trimEnd().replaceAll("\n", " ")}`, "utf8"))
}

/** Printable ASCII without spaces, as the fields of the head must be; a hyphen for nothing. */
function word(text: string, limit: number): string {
  return text.replaceAll(/[^!-~]/g, "?").slice(0, limit) || "-"
}

/** Never in the middle of a character: the first byte of the next one is no continuation. */
function cut(line: Buffer): Buffer {
  if (line.byteLength <= LINE_BYTES) return line
  let end = LINE_BYTES
  while (end > 0 && ((line[end] ?? 0) & 0xc0) === 0x80) end--
  return line.subarray(0, end)
}

/** Octet counting, on streams: https://www.rfc-editor.org/rfc/rfc6587 3.4.1, https://www.rfc-editor.org/rfc/rfc5425 4.3. */
export function framed(line: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${line.byteLength} `, "ascii"), line])
}
