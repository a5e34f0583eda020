import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { exportTo } from "../export-to.ts"

export async function run(call: Call): Promise<void> {
  await exportTo(call, connect(call).audit.export())
}
