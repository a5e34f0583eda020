import { newIdentity } from "../backup/age.ts"
import { placeNew } from "./new-file.ts"

/** As `age-keygen` does it. */
export async function newBackupKey(file: string, say: (line: string) => number): Promise<number> {
  const { identity, recipient } = await newIdentity()
  placeNew(file, Buffer.from(`# public key: ${recipient}\n${identity}\n`))
  say(`Public key: ${recipient}`)
  return say(`${file} opens what is sealed to it: keep it, and not on this machine`)
}
