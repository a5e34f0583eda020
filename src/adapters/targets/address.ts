import type { Reach } from "../../core/network.ts"
import { RotationFault } from "../../rotation/fault.ts"
import type { Address } from "../../rotation/steps.ts"
import { pin, type Resolve } from "../webhook/pin.ts"

/** Where a target's name leads, once: what was judged is what is connected to. @throws RotationFault */
export function judgedAddress(allowed: readonly Reach[], resolve: Resolve): (host: string) => Promise<Address> {
  return async (host) => {
    const found = await pin(host, allowed, resolve)
    if (found === "unresolved") throw new RotationFault("target_unreachable", { code: found })
    if (found === "address_refused") throw new RotationFault(found)
    return found
  }
}
