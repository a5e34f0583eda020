import { BackupBody } from "../../api/backup.ts"
import type { Contract } from "../contract.ts"

export const backupContracts = {
  "POST /api/backup": {
    body: BackupBody,
    answers: { 200: { media: "application/octet-stream" } },
    refuses: ["verification_required", "invalid_reason", "backup_off", "backup_running"],
    note: "Sealed to what the server's configuration names, whoever asks: spec/backup.md has the format. Takes x-verification-token for `govern`.",
  },
} satisfies Record<string, Contract>
