import type { AuditEntry } from "../../api/audit.ts"
import type { TylerClient } from "../../client/client.ts"
import { ago } from "../ago.ts"
import { connect } from "../connect.ts"
import { type Call, given, switched } from "../command.ts"
import { wholeNumber } from "../number.ts"
import { json, line, styled } from "../print.ts"
import { printable } from "../printable.ts"

const DEFAULT_LINES = 20
const POLL_MS = 2000
/** Entries per page when following: more than come in one poll, or the page after is asked too. */
const FOLLOW_PAGE = 1000

/** Oldest first, so that the newest stands at the bottom, as `tail` does. */
export async function run(call: Call): Promise<void> {
  const limit = wholeNumber(call, "limit", 1, 1000) ?? DEFAULT_LINES
  const since = given(call, "since")
  const client = connect(call)
  const newest = await page(call, client, { limit, ...(since === undefined ? {} : { startDate: since }) })
  await print(call, newest.entries)
  if (switched(call, "follow")) await follow(call, client, newest.entries[0]?.id ?? -1)
}

interface Page {
  /** Newest first. */
  readonly entries: readonly AuditEntry[]
  readonly next: string | null
}

async function page(
  call: Call,
  client: TylerClient,
  options: { limit: number; startDate?: string; cursor?: string },
): Promise<Page> {
  const [name] = call.operands
  const answer = await (name === undefined ? client.audit.page(options) : client.audit.ofSecret(name, options))
  return { entries: answer.auditLogs, next: answer.nextCursor }
}

async function follow(call: Call, client: TylerClient, from: number): Promise<never> {
  for (let last = from; ; ) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    const fresh: AuditEntry[] = []
    let cursor: string | null = null
    do {
      const read: Page = await page(call, client, { limit: FOLLOW_PAGE, ...(cursor === null ? {} : { cursor }) })
      const unseen = read.entries.filter((entry) => entry.id > last)
      fresh.push(...unseen)
      cursor = unseen.length < read.entries.length ? null : read.next
    } while (cursor !== null)
    await print(call, fresh)
    last = fresh[0]?.id ?? last
  }
}

async function print(call: Call, newestFirst: readonly AuditEntry[]): Promise<void> {
  for (const entry of newestFirst.toReversed())
    await (switched(call, "json") ? json(call.world, entry) : line(call.world, lineOf(call, entry)))
}

function lineOf({ world }: Call, entry: AuditEntry): string {
  const good = entry.result === "SUCCESS" || entry.result === "INTENT"
  const result = styled(world, world.stdout, good ? "green" : "red", (entry.result ?? "-").padEnd(7))
  const who = entry.username ?? entry.user_id ?? "-"
  const what = `${entry.action ?? "-"} ${entry.resource_name ?? "-"}`
  const why = entry.reason === null ? "" : ` "${entry.reason}"`
  const head = printable(`${String(entry.id).padStart(6)}  ${ago(entry.timestamp, world.now()).padEnd(15)}`)
  return `${head} ${result} ${printable(`${who} ${what} (${entry.decision ?? "-"})${why}`)}`
}
