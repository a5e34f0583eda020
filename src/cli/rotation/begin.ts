import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import type { RotateOptions } from "../../client/rotation.ts"

export interface Begun {
  readonly rotationId: string
  /** Somebody else, or the schedule, had begun it. */
  readonly already: boolean
}

/** One may end and the next begin between two looks; more often than this nobody rotates. */
const TRIES = 5

/** Starts a rotation, or finds the one that is under way. */
export async function begin(client: TylerClient, name: string, options: RotateOptions): Promise<Begun> {
  for (let left = TRIES - 1; ; left--) {
    try {
      const { rotationId } = await client.rotate(name, options)
      return { rotationId, already: false }
    } catch (error) {
      if (!(error instanceof TylerApiError) || error.code !== "rotation_running" || left === 0) throw error
    }
    const [newest] = (await client.rotation(name)).rotations
    if (newest?.state === "running") return { rotationId: newest.rotationId, already: true }
  }
}
