import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { boundArnFault } from "../identity/iam-principal.ts"
import { iamBindingMac } from "../identity/row-mac.ts"
import type { IamBindingRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import { handed } from "./programs.ts"
import type { Caller, Service } from "./service.ts"

/** Bindings there may be. */
export const IAM_BINDINGS_MAX = 200

const RESOURCE = "iam_binding"

export interface NewIamBinding {
  readonly arn: string
  readonly accountId: string
  readonly reason: Reason
}

export function listIamBindings(on: Service, caller: Caller): Promise<readonly IamBindingRow[]> {
  const about = { action: "IAM_BINDING_LIST", resourceType: RESOURCE, resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const rows = await on.reader.iamBindings()
      return { act: actOf(on, caller, view, about, { by: "role admin" }), done: () => rows }
    },
  })
}

/** Whoever binds an ARN may well hold its credentials: as with a token that he issued, he decides no request of it. */
export function addIamBinding(on: Service, caller: Caller, ask: NewIamBinding): Promise<IamBindingRow> {
  const id = on.random.uuid()
  const about = { action: "IAM_BINDING_CREATE", resourceType: RESOURCE, resourceName: id, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const fault = boundArnFault(ask.arn)
      if (fault !== undefined) throw new TylerError("invalid_request", { field: "/arn", error: `arn ${fault}` })
      if ((await on.reader.principalById(ask.accountId))?.kind !== "program")
        throw new TylerError("invalid_request", {
          field: "/accountId",
          error: "accountId must be the id of a service account",
        })
      const bare = { id, arn: ask.arn, accountId: ask.accountId, createdAt: on.clock.now() }
      const row = { ...bare, mac: iamBindingMac(on.keyring().rowsKey, bare) }
      const changes = [
        ...(await handed(on, view, ask.accountId)),
        { kind: "addIamBinding" as const, row, most: IAM_BINDINGS_MAX },
      ]
      const details = `arn=${row.arn} account=${row.accountId}`
      return { act: actOf(on, caller, view, about, { by: "role admin", details, changes }), done: () => row }
    },
  })
}

/** Ends no session that is open: those end within 15 minutes, or at once with the service account. */
export function removeIamBinding(on: Service, caller: Caller, id: string, reason: Reason): Promise<void> {
  const about = { action: "IAM_BINDING_DELETE", resourceType: RESOURCE, resourceName: id, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const row = (await on.reader.iamBindings()).find((one) => one.id === id)
      if (row === undefined) throw new TylerError("not_found", { error: "No such binding" })
      const details = `arn=${row.arn} account=${row.accountId}`
      const changes = [{ kind: "removeIamBinding" as const, id }]
      return { act: actOf(on, caller, view, about, { by: "role admin", details, changes }), done: () => undefined }
    },
  })
}
