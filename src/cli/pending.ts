import type { PendingAnswer } from "../api/access-requests.ts"
import { note } from "./print.ts"
import { printable } from "./printable.ts"
import type { World } from "./world.ts"

/** Says what a change waits for. It was asked for, which is all that its command promises: exit 0. */
export async function noteWaiting(world: World, { message, requestId }: PendingAnswer): Promise<void> {
  await note(world, printable(`tyler: not all of it is done yet: ${message}; request ${requestId}`))
  await note(world, printable(`tyler: take it back with: tyler cancel ${requestId}`))
}
