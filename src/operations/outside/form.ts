import { TylerError } from "../../core/errors.ts"
import type { SecretValue } from "../../core/secret-value.ts"
import { reseal } from "../../core/secret-value.ts"
import type { Form, Material } from "../../secrets/outside.ts"
import { bodyOf } from "../value.ts"

/** What stands before a sealed record in SecretBinary; spec/envelope.md says the rest. */
const MAGIC = Buffer.from("tyler-sealed/1\n", "latin1")

/** A sealed record as the store keeps it. Text could not hold it: base64 of 64,512 bytes is over AWS's 65,536. */
export function sealedMaterial(record: Uint8Array): Material {
  return { form: "binary", bytes: Buffer.concat([MAGIC, record]) }
}

/** The record, if the value is one. */
export function recordIn(form: Form, value: SecretValue): Buffer | undefined {
  return form === "binary" ? reseal(value, recordOf) : undefined
}

function recordOf(bytes: Uint8Array): Buffer | undefined {
  return isSealed(bytes) ? Buffer.from(bytes.subarray(MAGIC.byteLength)) : undefined
}

function isSealed(bytes: Uint8Array): boolean {
  return bytes.byteLength > MAGIC.byteLength && MAGIC.equals(bytes.subarray(0, MAGIC.byteLength))
}

/** @throws TylerError `value_not_exact` for bytes that would be taken for a sealed record */
export function requireNative(stored: Uint8Array): void {
  const { form, bytes } = bodyOf(stored)
  if (form === "binary" && isSealed(bytes))
    throw new TylerError("value_not_exact", {
      error: "Bytes that begin with tyler-sealed/1 cannot be kept as they are",
    })
}
