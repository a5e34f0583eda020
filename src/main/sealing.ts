import { identitiesIn, isRecipient, PASSPHRASE_MIN, type Seal, type Unseal } from "../backup/age.ts"
import { StartFault } from "../core/start-fault.ts"
import type { Config } from "./config.ts"
import { readGuarded } from "./secret-file.ts"

/** What backups are sealed to. @throws StartFault if nothing is configured, or the file cannot be used */
export function sealOf({ backup }: Config): Seal {
  if (backup === null)
    throw new StartFault("Set TYLER_BACKUP_RECIPIENTS or TYLER_BACKUP_PASSPHRASE_FILE: a backup is always sealed")
  if ("passphraseFile" in backup) return { passphrase: passphraseIn(backup.passphraseFile) }
  const odd = backup.recipients.find((recipient) => !isRecipient(recipient))
  if (odd !== undefined) throw new StartFault(`TYLER_BACKUP_RECIPIENTS: ${odd} is mistyped; its checksum is not right`)
  return { recipients: backup.recipients }
}

/** @param identityFile as `age-keygen` writes it; null: the configured passphrase @throws StartFault */
export function unsealOf({ backup }: Config, identityFile: string | null): Unseal {
  if (identityFile !== null) {
    const identities = identitiesIn(readGuarded("--identity", identityFile, true).toString("utf8"))
    if (identities === undefined) throw new StartFault(`--identity ${identityFile} holds no X25519 identities of age`)
    return { identities }
  }
  if (backup !== null && "passphraseFile" in backup) return { passphrase: passphraseIn(backup.passphraseFile) }
  throw new StartFault("Give --identity FILE, or set TYLER_BACKUP_PASSPHRASE_FILE, to open the backup with")
}

/** Its only line. @throws StartFault */
function passphraseIn(path: string): string {
  const text = readGuarded("TYLER_BACKUP_PASSPHRASE_FILE", path, true)
    .toString("utf8")
    .replace(/\r?\n$/, "")
  if (text.includes("\n")) throw new StartFault(`TYLER_BACKUP_PASSPHRASE_FILE ${path} holds more than one line`)
  if (Array.from(text).length < PASSPHRASE_MIN)
    throw new StartFault(`TYLER_BACKUP_PASSPHRASE_FILE ${path} holds fewer than ${PASSPHRASE_MIN} characters`)
  return text
}
