import { KeyRotateBody, RootKeyRotateBody } from "../../api/keys.ts"
import { parseBody } from "../../api/parse.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { keyStatus, startKeyRotation } from "../../operations/keys.ts"
import { rotateRootKey } from "../../operations/root-key.ts"
import { acceptReason } from "../accept.ts"
import type { Handler } from "./handlers.ts"

export const keyRoutes = {
  "GET /api/keys": async ({ wiring, caller }) => {
    const status = await keyStatus(wiring.service, caller)
    const keys = status.keys.map((key) => ({
      id: key.id,
      purpose: key.purpose,
      state: key.state,
      createdAt: new Date(key.createdAt).toISOString(),
      versions: key.versions ?? 0,
    }))
    return { status: 200, body: { root: status.root, keys, progress: wiring.rewrapping.progress() } }
  },

  "POST /api/keys/rotate": async ({ wiring, caller, body }) => {
    const { reason, retire = false } = parseBody(KeyRotateBody, body)
    const { keyId } = await startKeyRotation(wiring.service, caller, acceptReason(reason, REASON_MIN))
    await wiring.rewrapping.start(retire)
    return { status: 202, body: { message: "Key rotation started", keyId } }
  },

  "POST /api/keys/rotate-root": async ({ wiring, caller, body }) => {
    const { reason } = parseBody(RootKeyRotateBody, body)
    const { keys } = await rotateRootKey(wiring.service, caller, acceptReason(reason, REASON_MIN))
    return { status: 200, body: { message: "Root key rotated", keys } }
  },
} satisfies Record<string, Handler>
