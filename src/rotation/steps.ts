import type { Random } from "../core/random.ts"

/** The versions of a secret as their JSON texts. In the last step `current` is the new one and `previous` the old one. */
export interface Held {
  readonly current: string
  readonly pending?: string | undefined
  readonly previous?: string | undefined
  /** The secret that the current one names as `masterarn`. */
  readonly admin?: string | undefined
}

export interface Address {
  readonly address: string
  readonly family: number
}

/** What a step is given beside the secret. */
export interface StepContext {
  /** The pending version's id. What is made at the target bears it, so that a second try finds it. */
  readonly token: string
  readonly random: Random
  readonly now: () => number
  /** Ends the step, connections included. */
  readonly signal: AbortSignal
  /** Where a name leads, once judged. Rejects with `address_refused` or `target_unreachable`. */
  readonly addressOf: (host: string) => Promise<Address>
  /** Hosts that HTTP strategies may ask. */
  readonly hosts: readonly string[]
  /**
   * Around each single effect at a target. Whoever runs the steps renews its lease there, and throws when it lost it;
   * tests die there.
   */
  readonly effect: <T>(name: string, act: () => Promise<T>) => Promise<T>
}

/**
 * The steps of a rotation. Every one may have been done already, wholly or in part, by a process that was killed; done
 * again it converges. All throw RotationFault.
 */
export interface Steps {
  /** Members of the secret that a rotation changes; all others are carried over. */
  readonly writes: readonly string[]
  /** Whether this secret can be rotated so at all; touches nothing. */
  check(held: Held): void
  /** That the current version, and the administrator where there is one, are let in; changes nothing. */
  prove(held: Held, context: StepContext): Promise<void>
  /** The pending version's text; the one that is pending already, if there is one. The caller stores it. */
  create(held: Held, context: StepContext): Promise<string>
  /** Makes the pending version good at the target. */
  set(held: Held, context: StepContext): Promise<void>
  /** Uses the pending version as its consumers will. */
  test(held: Held, context: StepContext): Promise<void>
  /**
   * After the promotion, and only when the previous version must not live on until the next rotation, as after a leak:
   * ends what was opened with it and, where the strategy keeps two alive, the previous version itself.
   */
  revoke(held: Held, context: StepContext): Promise<void>
}
