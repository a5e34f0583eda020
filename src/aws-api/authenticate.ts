import type { KeyObject } from "node:crypto"
import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { parseSignature, type Scope, signatureFault, type SignedRequest, signingKeyOf } from "../identity/sigv4.ts"
import type { KeyHolder } from "../operations/authenticate.ts"
import type { Caller } from "../operations/service.ts"
import type { Desk } from "./desk.ts"
import { AwsError } from "./errors.ts"

const SERVICE = "secretsmanager"

/** Signing keys held, one for each access key and day. Deriving one costs a seal opened and four HMACs. */
const HELD_KEYS = 10_000

export type Authenticate = (request: SignedRequest, origin: Origin) => Caller | Promise<Caller>

/**
 * Who signed a request. Failures are counted by address, and only counted: they cost no entry of their own.
 * @throws AwsError with AWS's code; TylerError `unauthenticated`, `rate_limited`
 */
export function signatures(desk: Desk): Authenticate {
  const { region } = desk.place
  const scope: Scope = { region, service: SERVICE }
  const held = new Map<string, KeyObject>()

  function signingKey(holder: KeyHolder, accessKeyId: string, date: string): KeyObject {
    const place = `${accessKeyId} ${date}`
    const known = held.get(place)
    if (known !== undefined) return known
    const secret = holder.secret()
    const key = signingKeyOf(secret, date, scope)
    secret.fill(0)
    if (held.size >= HELD_KEYS) {
      const oldest = held.keys().next()
      if (!oldest.done) held.delete(oldest.value)
    }
    held.set(place, key)
    return key
  }

  function verified(request: SignedRequest, origin: Origin): Caller | Promise<Caller> {
    const parsed = parseSignature(request)
    if ("fault" in parsed) throw unsigned(parsed.fault)
    const { signature } = parsed
    // Ours are no temporary keys: a client that sends this has another's credentials mixed in.
    if (signature.signedHeaders.includes("x-amz-security-token")) throw new TylerError("unauthenticated")
    const finish = (holder: KeyHolder): Caller => {
      const keyFor = (date: string): KeyObject => signingKey(holder, signature.accessKeyId, date)
      const fault = signatureFault(request, signature, scope, keyFor, desk.service.clock.now())
      if (fault !== undefined) throw unsigned(fault)
      return holder.caller
    }
    const holder = desk.authenticator.accessKey(signature.accessKeyId, origin)
    return holder instanceof Promise ? holder.then(finish) : finish(holder)
  }

  /** After the look-up, not before: somebody's revoked key must not shut out all who share their address. */
  function counted(error: unknown, { ip }: Origin): never {
    const refused = error instanceof AwsError ? error.cause : error
    if (refused instanceof TylerError && refused.code === "unauthenticated") {
      desk.service.refusals.countOnly(`address ${ip}`, desk.service.clock.now())
      desk.failures.check(ip)
      desk.failures.failed(ip)
    }
    throw error
  }

  return (request, origin) => {
    try {
      const caller = verified(request, origin)
      return caller instanceof Promise ? caller.catch((error: unknown) => counted(error, origin)) : caller
    } catch (error) {
      return counted(error, origin)
    }
  }
}

function unsigned({ code, message }: { code: AwsError["code"]; message: string }): AwsError {
  return new AwsError(code, message, new TylerError("unauthenticated", { error: message }))
}
