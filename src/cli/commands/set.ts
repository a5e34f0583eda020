import type { WrittenAnswer } from "../../api/secrets.ts"
import type { Value } from "../../client/body.ts"
import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import { verified } from "../attempt.ts"
import { connect, reasonOf } from "../connect.ts"
import { type Call, given, operand, switched, UsageError } from "../command.ts"
import { answer, line } from "../print.ts"
import { printable } from "../printable.ts"
import { readValue } from "../secret-input.ts"

export async function run(call: Call): Promise<void> {
  if (switched(call, "create") && given(call, "expect") !== undefined)
    throw new UsageError("--create and --expect exclude each other", "set")
  const client = connect(call)
  const reason = await reasonOf(call)
  const value = await readValue(call)
  const { done, written } = await store(call, client, value, reason)
  await answer(call, { ...written, done }, () =>
    line(call.world, printable(`${done} ${written.name} ${written.versionId}`)),
  )
}

/**
 * A new version if the secret is there, else a new secret. Two round trips at most, and neither overwrites: a secret
 * that appears between them makes the second answer 409.
 */
async function store(
  call: Call,
  client: TylerClient,
  value: Value,
  reason: string,
): Promise<{ done: "created" | "updated"; written: WrittenAnswer }> {
  const name = operand(call, 0)
  const [expectedVersion, description] = [given(call, "expect"), given(call, "description")]
  if (!switched(call, "create")) {
    try {
      const options = { reason, ...(expectedVersion === undefined ? {} : { expectedVersion }) }
      const update = (shown: object) => client.update(name, value, { ...options, ...shown })
      return { done: "updated", written: await verified(call, client, { verb: "write", names: [name] }, update) }
    } catch (error) {
      const absent = error instanceof TylerApiError && error.code === "not_found"
      if (!absent || expectedVersion !== undefined) throw error
    }
  }
  return {
    done: "created",
    written: await client.create(name, value, description === undefined ? {} : { description }),
  }
}
