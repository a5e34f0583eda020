import type { AccessAnswer } from "../../api/access.ts"
import { walked } from "../attempt.ts"
import { connect, readReasonOf } from "../connect.ts"
import { type Call, given, operand, switched, UsageError } from "../command.ts"
import { NewFile } from "../new-file.ts"
import { json, note, write } from "../print.ts"
import { printableLines } from "../printable.ts"

export async function run(call: Call): Promise<void> {
  const unmask = switched(call, "reveal")
  const out = given(call, "out")
  if (out !== undefined && !unmask) throw new UsageError("--out writes the value itself: add --reveal", "get")
  if (out !== undefined && switched(call, "json")) throw new UsageError("--out and --json exclude each other", "get")
  const [versionId, stage] = [given(call, "version"), given(call, "stage")]
  const client = connect(call)
  const reason = await readReasonOf(call)
  // Before the read: a file in the way must not cost a use of the day's quota.
  using file = out === undefined ? undefined : NewFile.create(out)
  const name = operand(call, 0)
  const options = {
    ...(reason === undefined ? {} : { reason }),
    unmask,
    ...(versionId === undefined ? {} : { versionId }),
    ...(stage === undefined ? {} : { stage }),
  }
  const wish = { names: [name], verb: "read", reason } as const
  const answer = await walked(call, client, wish, (shown) => client.get(name, { ...options, ...shown }))
  const bytes = chosen(call, answer)
  if (switched(call, "json")) return json(call.world, withField(call, answer))
  if (file) {
    file.keep(bytes)
    return note(call.world, `tyler: wrote ${bytes.byteLength} bytes`)
  }
  await show(call, bytes, unmask)
}

function withField(call: Call, answer: AccessAnswer): object {
  const field = given(call, "field")
  return field === undefined ? answer : { ...answer, field, value: fieldOf(answer, field) }
}

/** The bytes of the value, or of its field: text as it is, anything else as JSON. */
function chosen(call: Call, answer: AccessAnswer): Buffer {
  const field = given(call, "field")
  if (field === undefined && answer.valueBase64 !== undefined) return Buffer.from(answer.valueBase64, "base64")
  const value = field === undefined ? answer.value : fieldOf(answer, field)
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value, null, 2))
}

function fieldOf({ value }: AccessAnswer, field: string): unknown {
  if (typeof value !== "object") throw new UsageError("the value is not an object: it has no fields", "get")
  if (!Object.hasOwn(value, field))
    throw new UsageError(`the value has no such field; it has ${fieldNames(value)}`, "get")
  return value[field]
}

function fieldNames(value: object): string {
  const names = Object.keys(value)
  return names.length === 0 ? "none" : names.slice(0, 20).join(", ")
}

/** A pipe gets a revealed value byte for byte. */
async function show(call: Call, bytes: Buffer, revealed: boolean): Promise<void> {
  const { stdout } = call.world
  if (revealed && !stdout.isTTY) return write(stdout, bytes)
  await write(stdout, `${printableLines(bytes.toString("utf8"))}\n`)
}
