import type { ListItem } from "../../api/secrets.ts"
import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { collect } from "../collect.ts"
import { type Call, given, switched } from "../command.ts"
import { answer, note, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const [prefix] = call.operands
  const q = given(call, "search")
  const query = { ...(prefix === undefined ? {} : { prefix }), ...(q === undefined ? {} : { q }) }
  const secrets = await collect(connect(call).list(query))
  await answer(call, secrets, async () => {
    if (secrets.length === 0) return note(call.world, "tyler: no secrets that you may see")
    const now = call.world.now()
    if (switched(call, "long"))
      return table(
        call.world,
        ["NAME", "CHANGED", "READ", "TAGS", "DESCRIPTION"],
        secrets.map((item) => long(item, now)),
      )
    return table(
      call.world,
      ["NAME", "CHANGED", "DESCRIPTION"],
      secrets.map(({ name, lastChanged, description }) => [name, ago(lastChanged, now), description]),
    )
  })
}

function long({ name, lastChanged, lastAccessed, tags, description }: ListItem, now: number): string[] {
  const tagged = tags.map(({ Key, Value }) => `${Key}=${Value}`).join(" ")
  return [name, ago(lastChanged, now), ago(lastAccessed, now), tagged, description]
}
