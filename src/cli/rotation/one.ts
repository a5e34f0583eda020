import { verified } from "../attempt.ts"
import { type Call, switched } from "../command.ts"
import { connectKept, readReasonOf } from "../connect.ts"
import { DONE, REFUSED } from "../exit.ts"
import { answer, line, note } from "../print.ts"
import { printable } from "../printable.ts"
import { Interrupted } from "../prompt.ts"
import { begin, type Begun } from "./begin.ts"
import { Live } from "./live.ts"
import { endText } from "./told.ts"
import { changes, type RotationItem } from "./watch.ts"

/** Rotates one secret and watches it to its end, or to Ctrl-C, which ends the watching alone. */
export async function rotateOne(call: Call, name: string): Promise<number> {
  const { world } = call
  const client = connectKept(call)
  const reason = await readReasonOf(call)
  const revokePrevious = switched(call, "revoke-previous")
  const ask = { revokePrevious, ...(reason === undefined ? {} : { reason }) }
  const begun = await verified(call, client, { verb: "rotate", names: [name] }, (shown) =>
    begin(client, name, { ...ask, ...shown }),
  )
  if (!switched(call, "json")) await note(world, printable(beginText(name, begun)))
  if (switched(call, "no-wait")) {
    await answer(call, { name, ...begun }, () => line(world, begun.rotationId))
    return DONE
  }
  const end = await watched(call, client, name, begun)
  const done = end.state === "done"
  await answer(call, { name, ...end }, () =>
    done ? line(world, printable(endText(name, end))) : note(world, printable(`tyler: ${endText(name, end)}`)),
  )
  if (done && revokePrevious && !end.revokePrevious)
    await note(world, "tyler: that one was not asked to end the version before; run this again to have it ended")
  return done ? DONE : REFUSED
}

function beginText(name: string, { rotationId, already }: Begun): string {
  const what = already ? "is being rotated already" : "is being rotated"
  return `tyler: ${name} ${what}: rotation ${rotationId}`
}

async function watched(
  call: Call,
  client: ReturnType<typeof connectKept>,
  name: string,
  { rotationId, already }: Begun,
): Promise<RotationItem> {
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once("SIGINT", onSignal)
  await using live = switched(call, "json") ? undefined : new Live(call.world, already)
  try {
    let last: RotationItem | undefined
    const on = { name, rotationId, signal: stop.signal, silent: () => live?.silent() }
    for await (const row of changes(client, on)) {
      last = row
      await live?.show(row)
    }
    if (last === undefined || last.state === "running")
      throw new Interrupted(`the rotation goes on without you; how it went: tyler rotation history ${name}`)
    return last
  } finally {
    process.off("SIGINT", onSignal)
  }
}
