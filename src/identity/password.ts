import { argon2 } from "node:crypto"
import { promisify } from "node:util"
import { equalBytes, wipe } from "../core/bytes.ts"
import type { Random } from "../core/random.ts"
import { gate } from "./gate.ts"

export { passwordFault } from "./password-rules.ts"

/** Of argon2id, RFC 9106: KiB of memory, and passes over it. */
export interface PasswordCost {
  readonly memory: number
  readonly passes: number
}

/** OWASP's: 19 MiB, 2 passes, 1 lane. About 25 ms of one core. */
export const PASSWORD_COST: PasswordCost = { memory: 19_456, passes: 2 }

/** How passwords are kept: as PHC strings of one cost. A string of another cost is nobody's hash. */
export interface Passwords {
  /** Salted. @throws TylerError `rate_limited` */
  hash(password: string, random: Random): Promise<string>
  /** A string that `hash` could not have made is false, after the same work. @throws TylerError `rate_limited` */
  verify(phc: string, password: string): Promise<boolean>
  /** A hash nobody's password has: unknown users cost the same work. */
  readonly nobody: string
}

const SALT_BYTES = 16
const TAG_BYTES = 32
const SALT_AND_TAG = /^([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/
const hashing = promisify(argon2)

/**
 * Two at once: the thread pool has four threads and other work. More than 100 waiting and the caller hears `rate_limited`: a
 * flood of logins must not queue for minutes.
 */
const gated = gate(2, 100)

export function passwordsAt(cost: PasswordCost): Passwords {
  const head = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=1$`
  return {
    nobody: `${head}${"A".repeat(22)}$${"A".repeat(43)}`,
    async hash(password, random) {
      const salt = Buffer.from(random.bytes(SALT_BYTES))
      return `${head}${unpadded(salt)}$${unpadded(await derive(password, salt, cost))}`
    },
    async verify(phc, password) {
      const [, salt, tag] = phc.startsWith(head) ? (SALT_AND_TAG.exec(phc.slice(head.length)) ?? []) : []
      if (salt === undefined || tag === undefined) {
        await derive(password, Buffer.alloc(SALT_BYTES), cost)
        return false
      }
      return equalBytes(await derive(password, Buffer.from(salt, "base64"), cost), Buffer.from(tag, "base64"))
    },
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "")
}

/** Over the NFC form, whole: nothing is cut off. */
function derive(password: string, nonce: Buffer, cost: PasswordCost): Promise<Buffer> {
  return gated(async () => {
    const message = Buffer.from(password.normalize("NFC"), "utf8")
    try {
      return Buffer.from(await hashing("argon2id", { message, nonce, ...cost, parallelism: 1, tagLength: TAG_BYTES }))
    } finally {
      wipe(message)
    }
  })
}
