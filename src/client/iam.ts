import type { IamBindingBody, IamBindingItem, IamBindingsAnswer } from "../api/iam.ts"
import type { Caller } from "./caller.ts"
import type { Reasoned } from "./secrets.ts"

/** Whose AWS credentials programs sign in with. */
export interface IamBindings {
  list(): Promise<readonly IamBindingItem[]>
  add(binding: Omit<IamBindingBody, "reason"> & Reasoned): Promise<IamBindingItem>
  remove(id: string, options?: Reasoned): Promise<void>
}

export function iamBindingsOf(caller: Caller): IamBindings {
  const path = "/api/iam-bindings"
  return {
    list: async () => (await caller.read<IamBindingsAnswer>(path)).iamBindings,
    add: async ({ arn, accountId, reason }) =>
      caller.send("POST", path, { arn, accountId, reason: caller.reason(reason) }),
    remove: async (id, { reason } = {}) => {
      await caller.send("DELETE", `${path}/${encodeURIComponent(id)}`, { reason: caller.reason(reason) })
    },
  }
}
