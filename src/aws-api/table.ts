import type { Operation } from "./operation.ts"
import { passwordOperations } from "./operations/password.ts"
import { secretOperations } from "./operations/secrets.ts"
import { valueOperations } from "./operations/values.ts"

/** Every operation that is answered. */
const OPERATIONS: readonly Operation[] = [...valueOperations, ...secretOperations, ...passwordOperations]

const TARGET = "secretsmanager."

const byTarget: ReadonlyMap<string, Operation> = new Map(OPERATIONS.map((one) => [TARGET + one.name, one]))

/** @param target the header X-Amz-Target */
export function operationOf(target: string | undefined): Operation | undefined {
  return target === undefined ? undefined : byTarget.get(target)
}
