import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { rewrapKeys } from "../envelope/keyring.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/**
 * Wraps every key of the keyring by the next root key, in one act; secrets stay as they are and reads go on. What is
 * durable decides: a process that dies right after finds at its next start that the next key is the one in use.
 * @returns how many keys. @throws TylerError `root_key_not_prepared`
 */
export async function rotateRootKey(on: Service, caller: Caller, reason: Reason): Promise<{ readonly keys: number }> {
  const about = { action: "ROOT_KEY_ROTATE", resourceType: "key", resourceName: "root", reason }
  const done = await perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      await on.keys.reload()
      const [root, next] = [on.keys.root(), await on.keys.next()]
      const rows = await rewrapKeys(await on.reader.keys(), root.wrapper, next.wrapper)
      const change = { kind: "putRootKey" as const, rows, from: root.check, to: next.check }
      const details = `check=${Buffer.from(next.check).toString("hex", 0, 4)}`
      return {
        act: actOf(on, caller, view, about, { by: "role admin", details, changes: [change] }),
        done: () => ({ keys: rows.length }),
      }
    },
  })
  await on.keys.reload().catch(ignoreUnavailable)
  return done
}

/** It is done and on record: a database that has just gone away is found by the next request. */
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof TylerError)) throw error
}
