import { CURRENT, PENDING } from "../../core/stage.ts"
import type { VersionId } from "../../core/version.ts"
import { fullNameOf } from "../../secrets/outside-names.ts"
import { type OutsideSecret, type RotationOrder, StoreFault } from "../../secrets/outside.ts"
import type { FunctionRotations } from "../value-store.ts"
import { correct } from "./catalog.ts"
import type { Outside } from "./place.ts"

/** Whoever asks may be the second who does, after one that was killed: what is there is looked at first. */
export function functionRotations(outside: Outside): FunctionRotations {
  const { store } = outside
  return {
    async begin(secretId, order) {
      if (isBegun(await store.describe(secretId), order)) return order.token
      try {
        await store.rotate(secretId, order)
        return order.token
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error
        const seen = await store.describe(secretId)
        if (isBegun(seen, order)) return order.token
        const left = error.code === "rotation_running" ? leftPending(seen) : undefined
        if (left === undefined) throw error
        return left
      }
    },

    async look(on, name) {
      await correct(on, outside, name)
      return store.describe(fullNameOf(outside, name))
    },
  }
}

function isBegun(seen: OutsideSecret | undefined, { token }: RotationOrder): boolean {
  return seen?.labels.some(({ versionId }) => versionId === token) === true
}

/** Of an earlier rotation, which AWS then says it tries again. */
function leftPending(seen: OutsideSecret | undefined): VersionId | undefined {
  const holder = (label: string) => seen?.labels.find((one) => one.label === label)?.versionId
  const pending = holder(PENDING)
  return pending === holder(CURRENT) ? undefined : pending
}
