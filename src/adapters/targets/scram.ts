import { createHash, createHmac, pbkdf2 } from "node:crypto"
import { promisify } from "node:util"
import type { Random } from "../../core/random.ts"

const derive = promisify(pbkdf2)

/** PostgreSQL's own number (scram_iterations). */
const ITERATIONS = 4096

/**
 * What PostgreSQL keeps of a password (RFC 5803; pg_authid.rolpassword). It takes a well-formed one as it is, so the password
 * itself never reaches the server's logs or statistics. @param password ASCII, which SASLprep leaves as it is
 */
export async function scramVerifier(password: string, random: Random): Promise<string> {
  const salt = random.bytes(16)
  const salted = await derive(password, salt, ITERATIONS, 32, "sha256")
  const keyed = (label: string): Buffer => createHmac("sha256", salted).update(label).digest()
  const stored = createHash("sha256").update(keyed("Client Key")).digest("base64")
  const server = keyed("Server Key").toString("base64")
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString("base64")}$${stored}:${server}`
}
