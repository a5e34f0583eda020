import type { AccessKeyBody, AccessKeyItem, AccessKeysAnswer, IssuedAccessKey } from "../api/access-keys.ts"
import type { Caller } from "./caller.ts"
import type { OwnerProof } from "./factors.ts"
import type { Reasoned } from "./secrets.ts"

export type NewAccessKey = Omit<AccessKeyBody, "reason" | "password"> & Reasoned & OwnerProof

/** What AWS's clients sign requests with, to this server's AWS-compatible endpoint. */
export interface AccessKeys {
  /** The secret half is in this answer only. A key of one's own takes proof; one of a service account takes an admin. */
  create(key?: NewAccessKey): Promise<IssuedAccessKey>
  /** Valid ones, oldest first. @param principalId a person's or program's; the caller's own without. */
  list(principalId?: string): Promise<readonly AccessKeyItem[]>
  revoke(accessKeyId: string): Promise<void>
}

export function accessKeysOf(caller: Caller): AccessKeys {
  const path = "/api/access-keys"
  return {
    create: ({ verificationToken, reason, ...key } = {}) => {
      const options = verificationToken === undefined ? {} : { verificationToken }
      return caller.send("POST", path, { ...key, reason: caller.reason(reason) }, options)
    },
    list: async (principalId) => {
      const query = principalId === undefined ? "" : `?principalId=${encodeURIComponent(principalId)}`
      return (await caller.read<AccessKeysAnswer>(path + query)).accessKeys
    },
    revoke: async (accessKeyId) => {
      await caller.send("DELETE", `${path}/${encodeURIComponent(accessKeyId)}`, {})
    },
  }
}
