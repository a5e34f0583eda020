import assert from "node:assert/strict"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import type { Client, HeaderFields } from "./client.ts"
import { PASSWORD } from "./people.ts"

export const KEY_REASON = "Nightly import of invoices"

/** A key of one's own, or with `serviceAccountId` a program's; insists on it. */
export async function accessKey(
  client: Client,
  more: object = {},
  headers: HeaderFields = {},
): Promise<IssuedAccessKey> {
  const password = "serviceAccountId" in more ? {} : { password: PASSWORD }
  const made = await client.post<IssuedAccessKey>(
    "/api/access-keys",
    { reason: KEY_REASON, ...password, ...more },
    headers,
  )
  assert.equal(made.status, 201, made.text)
  return made.body
}
