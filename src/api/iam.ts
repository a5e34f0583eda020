import { Id, Reason, strict, Time } from "./fields.ts"
import { type Static, Type } from "./schema.ts"

/** One header value: a line of printable ASCII. */
function header(maxLength: number) {
  return Type.String({ minLength: 1, maxLength, pattern: "^[!-~][ -~]*$", description: "printable ASCII in one line" })
}

/** `POST /api/auth/iam`: the four headers of a signed GetCallerIdentity request that are the caller's. */
export const IamLoginBody = strict({
  authorization: header(1024),
  amzDate: Type.String({ minLength: 16, maxLength: 16 }),
  securityToken: Type.Optional(header(8192)),
  serverId: header(261),
})

export const IamBindingBody = strict({
  /** Judged in full by `identity/iam-principal.ts`. */
  arn: Type.String({ minLength: 1, maxLength: 2048 }),
  accountId: Id,
  reason: Reason,
})
export const IamBindingDeleteBody = strict({ reason: Reason })

export const IamBindingItem = strict({
  id: Id,
  arn: Type.String({ minLength: 1, maxLength: 2048 }),
  accountId: Id,
  createdAt: Time,
})
/** In order of ARNs. */
export const IamBindingsAnswer = strict({ iamBindings: Type.Array(IamBindingItem, { maxItems: 200 }) })

export type IamLoginBody = Static<typeof IamLoginBody>
export type IamBindingBody = Static<typeof IamBindingBody>
export type IamBindingItem = Static<typeof IamBindingItem>
export type IamBindingsAnswer = Static<typeof IamBindingsAnswer>
