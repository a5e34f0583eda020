import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import { permissionFor, permitFor } from "./permission.ts"
import { findSecret } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

export interface RotationRequest {
  /** What the entry calls it: ROTATE or SCHEDULE. */
  readonly action: string
  readonly name: SecretName
  readonly arn?: string | undefined
  readonly reason: Reason | null
}

/** No strategy can be configured yet, so every permitted request learns just that. Governed and recorded like any verb. */
export function refuseRotation(on: Service, caller: Caller, ask: RotationRequest): Promise<never> {
  const { action, name, reason } = ask
  return perform(on, caller, {
    about: { action, resourceType: "secret", resourceName: name, reason },
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret } = await findSecret(on, view, "rotate", ask)
      await permissionFor(on, caller, view, "rotate", secret)
      throw new TylerError("not_rotatable")
    },
  })
}

export interface RotationState {
  readonly name: SecretName
  readonly enabled: boolean
  readonly strategy: string | null
  readonly state: "not_configured"
  readonly lastRotated: string | null
  readonly nextRotation: string | null
}

export function rotationState(on: Service, caller: Caller, name: SecretName): Promise<RotationState> {
  const about = { action: "ROTATION_STATUS", resourceType: "secret", resourceName: name, reason: null }
  return perform(on, caller, {
    about,
    moved: () => on.secrets.drop(name),
    async plan(view) {
      const { secret } = await findSecret(on, view, "list", { name }, "accepted")
      const by = permitFor(on, view, "list", name)
      const none = {
        enabled: false,
        strategy: null,
        state: "not_configured",
        lastRotated: null,
        nextRotation: null,
      } as const
      return { act: actOf(on, caller, view, about, { by, secret }), done: () => ({ name, ...none }) }
    },
  })
}
