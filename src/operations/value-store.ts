import type { SecretName } from "../core/name.ts"
import type { SecretValue } from "../core/secret-value.ts"
import type { VersionId } from "../core/version.ts"
import type { OutsideSecret, RotationOrder } from "../secrets/outside.ts"
import type { Sealed } from "../envelope/seal.ts"
import type { Tag, VersionRow } from "../state/rows.ts"
import type { Step, View } from "./perform.ts"
import type { Service } from "./service.ts"

export interface Opened {
  readonly value: SecretValue
  /** No store outside was asked. */
  readonly cached: boolean
}

export interface NewVersion {
  readonly secretId: string
  readonly name: SecretName
  readonly versionId: VersionId
}

/** Rotation of a secret by a function, as the store outside does it. */
export interface FunctionRotations {
  /**
   * Begins one, or finds it begun by an earlier try. @returns the id of the version that it makes: the token, or the one
   * that an earlier rotation left and that is taken up again
   */
  begin(secretId: string, order: RotationOrder): Promise<VersionId>
  /** What the store says of the secret now; the catalog says it too after this. Undefined: it is gone. */
  look(on: Service, name: SecretName): Promise<Pick<OutsideSecret, "arn" | "labels" | "rotation"> | undefined>
}

/**
 * Where values are kept: with everything else (kept-here.ts), or in a store that others can write to as well
 * (outside/store.ts). The verbs are the same for both: they plan rows and changes, and the store sees them through.
 */
export interface ValueStore {
  /** Largest value, bytes. */
  readonly maxValueBytes: number
  /** A secret can be purged at once; otherwise the store deletes by itself when its window is over. */
  readonly purges: boolean
  /** What the row of a new version carries. @throws TylerError `value_too_large`, `value_not_exact` */
  seal(on: Service, view: View, version: NewVersion, stored: Uint8Array): Promise<Sealed>
  /** Opens a version; where the store contradicts the catalog, that is corrected and PlanAgain thrown. */
  open(on: Service, name: SecretName, version: VersionRow): Promise<Opened>
  /** Whether two stored forms are of one value, for all that the store keeps of it. */
  same(one: Uint8Array, other: Uint8Array): boolean
  /** Tags of a new secret. @throws TylerError `invalid_request` */
  newTags(asked: readonly Tag[] | null, principalId: string, now: number): readonly Tag[] | null
  /** Tags once the caller's are replaced. @throws TylerError `invalid_request` */
  changedTags(asked: readonly Tag[], present: readonly Tag[] | null): readonly Tag[]
  /** What says there that a secret is ours. */
  readonly ownTags: readonly Tag[]
  /** @throws TylerError `invalid_request` for a tag that is not the caller's to set or take away */
  acceptTags(keys: readonly string[]): void
  /** @throws TylerError `invalid_request` for a key that may not be used */
  acceptKey(kmsKeyId: string | undefined): string | null
  /** Rotation by functions of AWS; null where nothing is kept there. */
  readonly functions: FunctionRotations | null
  /** What the step becomes where its changes have effects outside: an INTENT first, the outcome after. */
  begin<T>(on: Service, step: Step<T>): Promise<Step<T>>
  /** Looks outside for a name that the catalog does not have. True: it has it now. */
  find(on: Service, name: SecretName): Promise<boolean>
  /** The next read asks the store. */
  forget(secretId: string): void
  /** Code of what the store outside answered last, if that was a fault of its own; null: it works, or there is none. */
  trouble(): string | null
  /** What the store does by itself, every few seconds. */
  tick(on: Service): Promise<void>
}

/** Thrown by a plan that found something moved and has already seen to it. */
export class PlanAgain extends Error {
  constructor() {
    super("plan again")
    this.name = "PlanAgain"
  }
}
