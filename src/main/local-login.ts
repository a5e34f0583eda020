import { StartFault } from "../core/start-fault.ts"
import { ADMIN } from "../core/principal.ts"
import { offeredProviders } from "../operations/identity-providers.ts"
import type { Service } from "../operations/service.ts"

/**
 * LOCAL_LOGIN=break-glass shuts everybody out who has no other way in, so there must be one at start, and somebody to
 * come in when it fails. @throws StartFault
 */
export async function requireWaysIn(service: Pick<Service, "reader" | "keyring" | "settings">): Promise<void> {
  const { passwordsFor } = service.settings
  if (passwordsFor === null) return
  if ((await offeredProviders(service)).length === 0)
    throw new StartFault(
      "LOCAL_LOGIN=break-glass needs an identity provider that is enabled; unset it, add one, and start again",
    )
  const named = await Promise.all(passwordsFor.map((name) => service.reader.principalByName(name)))
  const usable = named.some((row) => row?.roles.includes(ADMIN) && !row.disabled && row.passwordHash !== null)
  if (!usable)
    throw new StartFault("LOCAL_LOGIN_ADMINS names no enabled admin who has a password; name one, or unset LOCAL_LOGIN")
}
