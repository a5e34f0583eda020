import { Effect, PolicyStatement, type PolicyStatementProps } from "aws-cdk-lib/aws-iam"

type Said = Omit<PolicyStatementProps, "effect" | "sid"> & { readonly actions: string[] }

/** Each statement has a name, by which the table in `test/` says which one decides. */
export function allow(sid: string, said: Said): PolicyStatement {
  return new PolicyStatement({ sid, effect: Effect.ALLOW, ...said })
}

export function deny(sid: string, said: Said): PolicyStatement {
  return new PolicyStatement({ sid, effect: Effect.DENY, ...said })
}
