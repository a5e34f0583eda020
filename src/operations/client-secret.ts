import { authenticateWith } from "../core/secret-value.ts"
import type { Keyring } from "../envelope/keyring.ts"
import { open, rewrap, seal } from "../envelope/seal.ts"
import type { IdentityProviderRow, SealedClientSecret } from "../state/rows.ts"
import type { Service } from "./service.ts"

type Belongs = Pick<IdentityProviderRow, "id" | "issuer" | "clientId">

/**
 * Sealed to issuer and client id: a row that names another issuer has no use of the secret that was meant for the first,
 * so nobody who may change rows can have it sent to a server of his own.
 */
export function sealClientSecret(on: Service, keyring: Keyring, owner: Belongs, text: string): SealedClientSecret {
  const version = on.random.uuid()
  return { version, ...seal(keyring, placeOf(owner, version), Buffer.from(text), on.random) }
}

/**
 * Uses the provider's client secret, null for a public client. Sealed under a key that this process does not know, it was
 * re-wrapped by another replica: keys and row are read anew.
 */
export async function withClientSecret<T>(
  on: Service,
  row: IdentityProviderRow,
  use: (text: string | null) => T,
): Promise<T> {
  const { clientSecret } = row
  if (clientSecret === null) return use(null)
  if (on.keyring().keks.has(clientSecret.keyId)) return useOpened(on.keyring(), row, clientSecret, use)
  const keyring = await on.keys.reload()
  const now = (await on.reader.identityProvider(row.id))?.clientSecret
  return useOpened(keyring, row, now?.version === clientSecret.version ? now : clientSecret, use)
}

function useOpened<T>(keyring: Keyring, row: Belongs, secret: SealedClientSecret, use: (text: string) => T): T {
  return authenticateWith(open(keyring, placeOf(row, secret.version), secret.sealed), use)
}

/** The client secrets that hang on a key, under the one that seals now. */
export async function rewrappedClientSecrets(on: Service, keyId: string) {
  const rows = await clientSecretsUnder(on, keyId)
  if (rows.length === 0) return []
  const keyring = await on.keys.reload()
  return rows.map(({ id, secret: { version, sealed } }) => ({
    providerId: id,
    version,
    fromKeyId: keyId,
    ...rewrap(keyring, slotOf({ id }, version), sealed, on.random),
  }))
}

export async function clientSecretsUnder(on: Pick<Service, "reader">, keyId: string) {
  return (await on.reader.identityProviders()).flatMap(({ id, clientSecret }) =>
    clientSecret?.keyId === keyId ? [{ id, secret: clientSecret }] : [],
  )
}

/** No secret has an id with a space. */
function slotOf({ id }: Pick<Belongs, "id">, version: string) {
  return { secretId: `identity provider ${id}`, versionId: version }
}

/** An issuer is a URL, so it has no space either. */
function placeOf(owner: Belongs, version: string) {
  return { ...slotOf(owner, version), name: `${owner.issuer} ${owner.clientId}` }
}
