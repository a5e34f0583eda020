/** A secret's value as a caller holds it: text, an object, bytes, or an object's JSON text to be sent untouched. */
export type Value = string | Readonly<Record<string, unknown>> | Uint8Array | ExactJson

/**
 * JSON text of an object, sent as it stands. A parse and a re-print on this side would change numbers such as `1.0` or
 * `12345678901234567890` before the server can refuse what it cannot keep exactly.
 */
export class ExactJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** The fields by which a value travels. */
export function valueFields(value: Value): object {
  return value instanceof Uint8Array ? { valueBase64: Buffer.from(value).toString("base64") } : { value }
}

/** JSON text of a body; absent fields are left out and `ExactJson` members stand as they are. */
export function encodeBody(body: object): string {
  const members: string[] = []
  for (const [name, member] of Object.entries(body) as [string, unknown][])
    if (member !== undefined)
      members.push(`${JSON.stringify(name)}:${member instanceof ExactJson ? member.text : JSON.stringify(member)}`)
  return `{${members.join(",")}}`
}
