import type { TylerClient } from "../client/client.ts"
import type { OwnerProof } from "../client/factors.ts"
import { type Call, UsageError } from "./command.ts"
import { askHidden, canAsk } from "./prompt.ts"
import { passwordFrom } from "./secret-input.ts"
import { stepUp } from "./step-up.ts"

/** What proves that it is really the owner: a factor where there is one, the password where there is none. */
export async function ownerProof(call: Call, client: TylerClient): Promise<OwnerProof> {
  const factors = await client.factors.list()
  if (factors.length > 0) return { verificationToken: await stepUp(call, client, { verb: "govern", names: [] }) }
  const password = (await passwordFrom(call)) ?? (await asked(call))
  // Whoever signs in elsewhere has none, and proves it by a session that is new.
  return password === "" ? {} : { password }
}

async function asked({ world, command }: Call): Promise<string> {
  if (!canAsk(world)) throw new UsageError("your password is needed for this: --password-file", command.words)
  return askHidden(world, "Password")
}
