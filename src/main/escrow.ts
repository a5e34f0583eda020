import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { loadRootKey, rootKeyCheck } from "../adapters/local/root-key.ts"
import { nextRootKeyPath } from "../adapters/local/root-key-files.ts"
import { isRecipient, sealed } from "../backup/age.ts"
import { equalBytes, wipe } from "../core/bytes.ts"
import { StartFault } from "../core/start-fault.ts"
import type { EscrowState } from "../operations/escrow.ts"
import type { Config } from "./config.ts"
import { placeNew } from "./new-file.ts"

export interface EscrowAsk {
  readonly file: string
  readonly recipients: readonly string[]
}

/**
 * The root key as its 32 bytes, sealed with age: who holds the private key needs age's own program and nothing of ours. The
 * database is not asked, so a server may be running. @throws StartFault
 */
export async function exportRootKey(
  config: Config,
  { file, recipients }: EscrowAsk,
  say: (line: string) => number,
): Promise<number> {
  const odd = recipients.find((recipient) => !isRecipient(recipient))
  if (odd !== undefined) throw new StartFault(`--recipient ${odd} is no X25519 recipient of age`)
  if (config.backup !== null && "recipients" in config.backup)
    for (const recipient of recipients)
      if (config.backup.recipients.includes(recipient))
        throw new StartFault("Backups are sealed to this recipient too: one key would open both, so name another")
  const { rootKeyFile } = config.folders
  if (!existsSync(rootKeyFile) && config.aws?.kms)
    throw new StartFault("The root key is in AWS KMS, and never leaves it: there is nothing to put into escrow")
  const key = loadRootKey(rootKeyFile)
  const pieces: Uint8Array[] = []
  for await (const piece of sealed({ recipients }, once(key))) pieces.push(piece)
  wipe(key)
  placeNew(file, Buffer.concat(pieces))
  say(`Root key sealed in ${file}. Give it to whoever holds the private key; they open it where no server is:`)
  say("  age -d -i PRIVATE-KEY-FILE FILE | sha256sum")
  return say("With the digest that they tell you: tyler-server keys escrow --confirm DIGEST")
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** That somebody has opened the escrow: only the key itself has that digest. @param check of the root key in use */
export function isRootKeyDigest({ folders }: Config, check: Uint8Array, digest: string): boolean {
  return [folders.rootKeyFile, nextRootKeyPath(folders.rootKeyFile)].filter(existsSync).some((file) => {
    const key = loadRootKey(file)
    try {
      return equalBytes(rootKeyCheck(key), check) && createHash("sha256").update(key).digest("hex") === digest
    } finally {
      wipe(key)
    }
  })
}

/** The line of `tyler-server doctor`. */
export function escrowLine(state: EscrowState, { environment }: Pick<Config, "environment">): string {
  if (state.kind === "kms") return "ok: the root key is in AWS KMS and needs no escrow"
  if (state.kind === "confirmed")
    return `ok: the root key's escrow was opened and confirmed ${new Date(state.at).toISOString()}`
  const weight = environment === "development" ? "note" : "FAULT"
  return `${weight}: nobody has confirmed that the root key can be had back; run tyler-server keys escrow`
}
