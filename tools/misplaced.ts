import type { TestEvent } from "node:test/reporters"
import { relative } from "node:path"

/** A reporter that says nothing, but of a test that stands in another file's suite: the hooks it ran with were not its own. */
export default async function* misplaced(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const suites = new Set(process.argv.slice(2))
  let suite = ""
  for await (const { type, data } of events) {
    if (type !== "test:start") continue
    if (data.nesting === 0) suite = data.name
    const file = data.file === undefined ? "" : relative(process.cwd(), data.file)
    if (file === suite || !suites.has(file)) continue
    process.exitCode = 1
    yield `misplaced: "${data.name}" of ${file} stands in the suite of ${suite}\n`
  }
}
