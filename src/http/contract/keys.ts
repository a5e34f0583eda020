import { KeyRotateBody, KeysAnswer, RootKeyRotateBody, RootRotated, RotationStarted } from "../../api/keys.ts"
import type { Contract } from "../contract.ts"

export const keyContracts = {
  "GET /api/keys": { answers: { 200: KeysAnswer } },
  "POST /api/keys/rotate": {
    body: KeyRotateBody,
    answers: { 202: RotationStarted },
    refuses: ["invalid_reason"],
    note: "Goes on in the background; `GET /api/keys` shows the progress. With `retire` the old key is destroyed at the end.",
  },
  "POST /api/keys/rotate-root": {
    body: RootKeyRotateBody,
    answers: { 200: RootRotated },
    refuses: ["invalid_reason", "root_key_not_prepared"],
    note: "To the key that `tyler-server new-root-key` has put beside the one in use, on every replica's machine, or to the KMS key that the server's configuration names next.",
  },
} satisfies Record<string, Contract>
