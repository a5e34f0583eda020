import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { exportTo } from "../export-to.ts"

export async function run(call: Call): Promise<void> {
  const client = connect(call)
  const { id } = await client.me()
  await exportTo(call, client.users.export(id))
}
