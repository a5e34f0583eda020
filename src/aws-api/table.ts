import type { Operation } from "./operation.ts"
import { createOperations } from "./operations/create.ts"
import { deletionOperations } from "./operations/deletion.ts"
import { listOperations } from "./operations/list.ts"
import { notHereOperations } from "./operations/not-here.ts"
import { passwordOperations } from "./operations/password.ts"
import { rotationOperations } from "./operations/rotation.ts"
import { secretOperations } from "./operations/secrets.ts"
import { tagOperations } from "./operations/tags.ts"
import { valueOperations } from "./operations/values.ts"
import { versionOperations } from "./operations/versions.ts"

/** Every operation that is answered. */
const OPERATIONS: readonly Operation[] = [
  ...valueOperations,
  ...createOperations,
  ...versionOperations,
  ...secretOperations,
  ...listOperations,
  ...deletionOperations,
  ...tagOperations,
  ...passwordOperations,
  ...rotationOperations,
  ...notHereOperations,
]

const TARGET = "secretsmanager."

const byTarget: ReadonlyMap<string, Operation> = new Map(OPERATIONS.map((one) => [TARGET + one.name, one]))

/** @param target the header X-Amz-Target */
export function operationOf(target: string | undefined): Operation | undefined {
  return target === undefined ? undefined : byTarget.get(target)
}
