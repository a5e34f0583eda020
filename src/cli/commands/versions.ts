import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { type Call, operand } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const versions = await connect(call).versions(operand(call, 0))
  await answer(call, versions, () =>
    table(
      call.world,
      ["VERSION", "LABELS", "CREATED", "BY"],
      versions.map(({ versionId, stages, createdAt, createdBy }) => [
        versionId,
        stages.join(", "),
        ago(createdAt, call.world.now()),
        createdBy,
      ]),
    ),
  )
}
