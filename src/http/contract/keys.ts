import { KeyRotateBody, KeysAnswer, RotationStarted } from "../../api/keys.ts"
import type { Contract } from "../contract.ts"

export const keyContracts = {
  "GET /api/keys": { answers: { 200: KeysAnswer } },
  "POST /api/keys/rotate": {
    body: KeyRotateBody,
    answers: { 202: RotationStarted },
    refuses: ["invalid_reason"],
    note: "Goes on in the background; `GET /api/keys` shows the progress. With `retire` the old key is destroyed at the end.",
  },
} satisfies Record<string, Contract>
