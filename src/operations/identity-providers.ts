import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { identityProviderGenuine } from "../identity/row-mac.ts"
import type { IdentityProviderRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import type { About } from "./entry.ts"
import { proposeChange, takesSecondPerson } from "./governed-change.ts"
import { perform, type Step, type View } from "./perform.ts"
import type { Made } from "./policy-change.ts"
import { PROVIDERS, providerChange, providerWritten } from "./provider-change.ts"
import { describedProvider, genuineProvider, noProvider, type ProviderFields } from "./provider-row.ts"
import { rolesGiven, rolesHeld } from "./roles.ts"
import type { Caller, Service } from "./service.ts"

export interface ProviderWrite {
  readonly id: string
  readonly fields: ProviderFields
  /** Undefined: the one that is there. Null: none, a public client. */
  readonly clientSecret: string | null | undefined
  readonly reason: Reason
}

export function listProviders(on: Service, caller: Caller): Promise<readonly IdentityProviderRow[]> {
  const about = { action: "PROVIDER_LIST", resourceType: "identity_provider", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const rows = await on.reader.identityProviders()
      return { act: actOf(on, caller, view, about, { by: "role admin" }), done: () => rows }
    },
  })
}

/** What the sign-in page offers: rows that are on and genuine. Leaves no entry: anybody may ask. */
export async function offeredProviders(
  on: Pick<Service, "reader" | "keyring">,
): Promise<readonly IdentityProviderRow[]> {
  const rows = await on.reader.identityProviders()
  return rows.filter((row) => row.enabled && identityProviderGenuine(on.keyring().rowsKey, row))
}

/** What gives a guarded role takes a second person. */
export function createProvider(on: Service, caller: Caller, ask: ProviderWrite): Promise<Made<IdentityProviderRow>> {
  const about = aboutProvider("PROVIDER_CREATE", ask.id, ask.reason)
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const all = await on.reader.identityProviders()
      if (all.some(({ id, issuer }) => id === ask.id || issuer === ask.fields.issuer))
        throw new TylerError("provider_exists")
      if (all.length >= PROVIDERS)
        throw new TylerError("invalid_request", { error: `There are ${PROVIDERS} identity providers already` })
      return writeStep(on, caller, view, about, ask, undefined)
    },
  })
}

/** Replaces a row, but for its client secret, which may stay. Sign-ons under way are held to the new row. */
export function replaceProvider(on: Service, caller: Caller, ask: ProviderWrite): Promise<Made<IdentityProviderRow>> {
  const about = aboutProvider("PROVIDER_CHANGE", ask.id, ask.reason)
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      return writeStep(on, caller, view, about, ask, await genuineProvider(on, ask.id))
    },
  })
}

async function writeStep(
  on: Service,
  caller: Caller,
  view: View,
  about: About,
  ask: ProviderWrite,
  old: IdentityProviderRow | undefined,
): Promise<Step<Made<IdentityProviderRow>>> {
  const held = await rolesHeld(on, rolesGiven(ask.fields))
  const change = providerChange(on, ask, old)
  if (await takesSecondPerson(on, view, change))
    return proposeChange(on, caller, view, about, change, (pending) => ({ pending }))
  const { row, write } = await providerWritten(on, view, change, old)
  const details = `old=${old === undefined ? "none" : describedProvider(old)} new=${describedProvider(row)}`
  return {
    act: actOf(on, caller, view, about, { by: "role admin", details, changes: [...held, write] }),
    done: () => ({ made: row }),
  }
}

/** People who came through it stay, and cannot come in by it any more. A row that was tampered with can be removed. */
export function removeProvider(on: Service, caller: Caller, id: string, reason: Reason): Promise<void> {
  const about = aboutProvider("PROVIDER_DELETE", id, reason)
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const old = await on.reader.identityProvider(id)
      if (old === undefined) throw noProvider()
      const changes = [{ kind: "removeIdentityProvider" as const, id, expectedRevision: old.revision }]
      const details = `old=${describedProvider(old)}`
      return { act: actOf(on, caller, view, about, { by: "role admin", details, changes }), done: () => undefined }
    },
  })
}

function aboutProvider(action: string, id: string, reason: Reason): About {
  return { action, resourceType: "identity_provider", resourceName: id, reason }
}
