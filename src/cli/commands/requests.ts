import type { RequestItem } from "../../api/access-requests.ts"
import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { type Call, switched, UsageError } from "../command.ts"
import { wholeNumber } from "../number.ts"
import { answer, table } from "../print.ts"
import { approvalsOf, subjectOf } from "../request-text.ts"

const DEFAULT_LINES = 50

export async function run(call: Call): Promise<void> {
  const { world } = call
  const [decide, all] = [switched(call, "decide"), switched(call, "all")]
  if (decide && all) throw new UsageError("--decide and --all exclude each other", "requests")
  const limit = wholeNumber(call, "limit", 1, 1000) ?? DEFAULT_LINES
  const rows: RequestItem[] = []
  for await (const one of connect(call).requests.list({ of: decide ? "decide" : all ? "all" : "own" })) {
    rows.push(one)
    if (rows.length === limit) break
  }
  await answer(call, rows, () =>
    table(
      world,
      ["ID", "WHO", "WHAT", "STATE", "ASKED", "REASON"],
      rows.map((one) => [
        one.id,
        one.requester,
        subjectOf(one),
        one.state === "pending" ? `pending ${approvalsOf(one)}/${one.needed}` : one.state,
        ago(one.createdAt, world.now()),
        one.reason ?? "(erased)",
      ]),
    ),
  )
}
