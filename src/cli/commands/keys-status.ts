import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, line, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const { world } = call
  const status = await connect(call).keys.status()
  await answer(call, status, async () => {
    const rows = status.keys.map((key) => [
      key.id,
      key.purpose,
      key.state,
      ago(key.createdAt, world.now()),
      String(key.versions),
    ])
    await table(world, ["KEY", "PURPOSE", "STATE", "CREATED", "VERSIONS"], rows)
    const { progress, root } = status
    await line(world, root.kind === "kms" ? `wrapped by KMS: ${root.keyArn}` : `wrapped by root key file ${root.check}`)
    if (progress) await line(world, `re-wrapping: ${progress.rewrapped} done, ${progress.remaining} to do`)
  })
}
