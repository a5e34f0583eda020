import { TylerError, type ErrorCode, type Facts } from "../core/errors.ts"
import type { SecretValue } from "../core/secret-value.ts"
import type { VersionId } from "../core/version.ts"
import type { LabelRow, Tag } from "../state/rows.ts"

/** What a store outside says of one secret; labels are spelled our way (core/stage.ts). */
export interface OutsideSecret {
  readonly arn: string
  /** With the prefix. */
  readonly fullName: string
  readonly description: string
  readonly tags: readonly Tag[]
  /** Ours for staging left out. */
  readonly labels: readonly LabelRow[]
  readonly createdAt: number | null
  readonly changedAt: number | null
  /** Null: it was never configured there. */
  readonly rotation: OutsideRotation | null
  /** Set while deletion is pending; what it says differs between AWS's own calls, so nothing is computed from it. */
  readonly deletedAt: number | null
}

/** How a function of the store's rotates a secret there. */
export interface OutsideRotation extends Timetable {
  readonly enabled: boolean
  readonly lambdaArn: string
  readonly lastRotated: number | null
  /** The latest moment of the next one. */
  readonly nextRotation: number | null
}

/** As AWS Secrets Manager takes it: days or an expression, and a window in hours. */
interface Timetable {
  readonly days: number | null
  readonly expression: string | null
  readonly windowHours: number | null
}

export interface RotationOrder {
  /** Becomes the id of the new version. */
  readonly token: VersionId
  readonly lambdaArn: string
  readonly timetable: Timetable
  /** False: the schedule is kept, and the function only tried. */
  readonly now: boolean
}

export type Form = "text" | "binary"

/** A value as the store keeps it: text or bytes. */
export interface OutsideValue {
  readonly arn: string
  readonly fullName: string
  readonly versionId: VersionId
  readonly form: Form
  readonly value: SecretValue
}

/** `bytes` are the caller's, who wipes them. */
export interface Material {
  readonly form: Form
  readonly bytes: Uint8Array
}

export interface NewSecret {
  readonly fullName: string
  readonly description: string
  readonly tags: readonly Tag[]
  /** Null: the store's usual key. */
  readonly kmsKeyId: string | null
  /** Null: a secret without a value. */
  readonly first: { readonly versionId: VersionId; readonly material: Material } | null
}

export interface LabelMove {
  readonly label: string
  readonly to: VersionId | null
  readonly from: VersionId | null
}

/**
 * A store of values that others can write to as well: AWS Secrets Manager. Each call is tried a few times and ends within
 * seconds. Every method throws StoreFault; `secret_unknown` faults of `describe` are answered as undefined.
 */
export interface OutsideStore {
  /** By ARN; of the version, or of the one with the label. */
  value(arn: string, which: { readonly versionId: VersionId } | { readonly label: string }): Promise<OutsideValue>
  /** By ARN or full name, pending ones too. */
  describe(id: string): Promise<OutsideSecret | undefined>
  /** Page by page; may lag behind by minutes, and pages may be empty. */
  list(prefix: string): AsyncIterable<readonly OutsideSecret[]>
  /** @returns the ARN. */
  create(secret: NewSecret): Promise<string>
  /** A version under the one label for what is not current yet. */
  stage(arn: string, versionId: VersionId, material: Material): Promise<void>
  /** Compares and moves: fails if `from` does not carry the label. */
  move(arn: string, move: LabelMove): Promise<void>
  redescribe(arn: string, description: string): Promise<void>
  tag(arn: string, tags: readonly Tag[]): Promise<void>
  untag(arn: string, keys: readonly string[]): Promise<void>
  /** Has a function rotate it, now or by its timetable. It is begun there when this returns, and may fail after. */
  rotate(arn: string, order: RotationOrder): Promise<void>
  /** Turns the timetable off, and ends what is under way. */
  cancelRotation(arn: string): Promise<void>
  scheduleDeletion(arn: string, days: number): Promise<void>
  restore(arn: string): Promise<void>
}

/** What happened outside, where it was refused or not answered. */
export class StoreFault extends TylerError {
  /** The store's own name for it. */
  readonly said: string
  /** Whether a change may have been made all the same. */
  readonly done: "no" | "perhaps"

  constructor(code: ErrorCode, said: string, done: "no" | "perhaps", facts: Facts = {}) {
    super(code, facts, said)
    this.said = said
    this.done = done
  }
}
