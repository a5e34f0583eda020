import { argon2 } from "node:crypto"
import { promisify } from "node:util"
import { equalBytes, wipe } from "../core/bytes.ts"
import type { Random } from "../core/random.ts"
import { gate } from "./gate.ts"

export { passwordFault } from "./password-rules.ts"

/** OWASP's argon2id parameters: 19 MiB, 2 passes, 1 lane. About 25 ms of one core. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const
const HEAD = "$argon2id$v=19$m=19456,t=2,p=1$"
const PHC = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/
const SALT_BYTES = 16
const hashing = promisify(argon2)

/**
 * Two at once: the thread pool has four threads and other work. More than 100 waiting and the caller hears `rate_limited`: a
 * flood of logins must not queue for minutes.
 */
const gated = gate(2, 100)

/** A salted argon2id hash as a PHC string. @throws TylerError `rate_limited` */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = Buffer.from(random.bytes(SALT_BYTES))
  return `${HEAD}${unpadded(salt)}$${unpadded(await derive(password, salt))}`
}

/** A string that `hashPassword` could not have made is false, after the same work. @throws TylerError `rate_limited` */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  const [, salt, tag] = PHC.exec(phc) ?? []
  if (salt === undefined || tag === undefined) {
    await derive(password, Buffer.alloc(SALT_BYTES))
    return false
  }
  return equalBytes(await derive(password, Buffer.from(salt, "base64")), Buffer.from(tag, "base64"))
}

/** A hash nobody's password has: unknown users cost the same work. */
export function dummyHash(): string {
  return `${HEAD}${"A".repeat(22)}$${"A".repeat(43)}`
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "")
}

/** Over the NFC form, whole: nothing is cut off. */
function derive(password: string, nonce: Buffer): Promise<Buffer> {
  return gated(async () => {
    const message = Buffer.from(password.normalize("NFC"), "utf8")
    try {
      return Buffer.from(await hashing("argon2id", { message, nonce, ...PARAMETERS }))
    } finally {
      wipe(message)
    }
  })
}
