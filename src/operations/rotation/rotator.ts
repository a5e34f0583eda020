import type { About } from "../entry.ts"
import type { Principal } from "../../core/principal.ts"
import type { SecretName } from "../../core/name.ts"
import type { Address, Steps } from "../../rotation/steps.ts"
import type { RotationRow } from "../../state/rows.ts"
import type { Caller, Service } from "../service.ts"

/** Rotation is a principal: it has its own permits and entries. */
const ROTATOR: Principal = {
  id: "rotation",
  kind: "job",
  name: "rotation",
  roles: [],
  assurance: "system",
  epoch: 0,
  sessionId: null,
}

/** @param requestId ties the entries of one rotation together. */
export function rotatorFor(requestId: string): Caller {
  const origin = { requestId, ip: "", userAgent: "" }
  return { principal: ROTATOR, origin, verification: null, refresh: () => Promise.resolve(ROTATOR) }
}

/** What rotations need of the world. */
export interface Rotating {
  readonly steps: (strategy: string) => Promise<Steps>
  /** Where a name leads, once judged. */
  readonly addressOf: (host: string) => Promise<Address>
  /** Hosts that HTTP strategies may ask. */
  readonly hosts: readonly string[]
}

export interface OneRotation extends Rotating {
  readonly on: Service
  readonly caller: Caller
  /** Knows the lease; nobody else does. */
  readonly lease: string
  readonly name: SecretName
}

export function aboutStep(name: SecretName): About {
  return { action: "ROTATE_STEP", resourceType: "secret", resourceName: name, reason: null }
}

export function aboutRotation(name: SecretName): About {
  return { action: "ROTATE", resourceType: "secret", resourceName: name, reason: null }
}

/** Ids, numbers and codes. */
export function detailsOf({ id, step, fence }: Pick<RotationRow, "id" | "step" | "fence">, more = ""): string {
  return `rotation=${id} step=${step} fence=${fence}${more === "" ? "" : ` ${more}`}`
}
