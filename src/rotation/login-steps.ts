import { RotationFault } from "./fault.ts"
import { newPassword, passwordRule } from "./generate.ts"
import { adminOf, type Login, type LoginForm, loginOf, otherName } from "./login.ts"
import type { Held, StepContext, Steps } from "./steps.ts"

/** What one kind of server does for one strategy. */
export interface LoginTarget {
  readonly form: LoginForm
  /**
   * Whether the server lets this one in, having asked for the password.
   * @throws RotationFault `no_password_asked` and whatever keeps it from finding out
   */
  logsIn(login: Login, context: StepContext): Promise<boolean>
  /** Makes `pending` good. Runs again after any part of it was done. */
  change(pending: Login, by: By, context: StepContext): Promise<void>
  /** That a login of `pending` says that all of `change` was done. */
  readonly loginProvesChange: boolean
  /**
   * Without an administrator `change` and `revoke` log in as the current user before any effect, and throw `current_refused`
   * where that one is not let in. Not so where one server of several may have been changed by then.
   */
  readonly changeProvesLogin: boolean
  /** A login and a real read as `pending`. @throws RotationFault `pending_refused`, `account_unsuitable` */
  probe(pending: Login, current: Login, context: StepContext): Promise<void>
  revoke(previous: Login, by: By, context: StepContext): Promise<void>
  /** That the administrator is let in. @throws RotationFault `admin_refused` */
  proveAdmin(by: By & { readonly admin: Login }, context: StepContext): Promise<void>
}

/** Who acts at the target. */
export interface By {
  /** What is known to log in. */
  readonly current: Login
  readonly admin: Login | undefined
}

export interface LoginSteps {
  readonly takesTurns: boolean
  readonly admin: "required" | "optional" | "none"
}

/** The steps for servers that one logs in to with a name and a password. */
export function loginSteps(target: LoginTarget, kind: LoginSteps): Steps {
  const { form } = target
  const named = (login: Login): string => (kind.takesTurns ? otherName(login.username, form) : login.username)

  function adminIn(held: Held, current: Login): Login | undefined {
    if (kind.admin === "none") return undefined
    if (held.admin !== undefined) {
      const admin = adminOf(held.admin, form, current)
      if (kind.takesTurns && admin.username === named(current))
        throw new RotationFault("secret_invalid", { field: "masterarn", reason: "is the user's other name" })
      return admin
    }
    if (kind.admin === "required" || current.all["masterarn"] !== undefined) throw new RotationFault("admin_missing")
    return undefined
  }

  function pendingIn(held: Held, current: Login): Login {
    if (held.pending === undefined) throw new RotationFault("pending_missing")
    const pending = loginOf(held.pending, form)
    samePlace(pending, current)
    if (pending.username !== named(current)) throw new RotationFault("identity_changed", { field: "username" })
    return pending
  }

  /**
   * The guard against being made somebody's tool: only who holds a good credential of a user may have it changed.
   * A login is what costs most at a target (SCRAM: 4,096 rounds of HMAC at either end), so none is made twice.
   * @returns whether the current one is good, and all was done
   */
  async function changedByCurrent(pending: Login, by: By, context: StepContext): Promise<boolean> {
    if (provesItself(by)) return unlessRefused(target.change(pending, by, context))
    if (!(await target.logsIn(by.current, context))) return false
    await target.change(pending, by, context)
    return true
  }

  function provesItself({ admin }: By): boolean {
    return admin === undefined && target.changeProvesLogin
  }

  /**
   * Who else holds a good credential, of an earlier try.
   * @returns undefined where all is done already
   */
  async function other(held: Held, current: Login, pending: Login, context: StepContext): Promise<Login | undefined> {
    // Only this secret knows the pending password: where it is good, an earlier try has got that far.
    if (!kind.takesTurns && (await target.logsIn(pending, context)))
      return target.loginProvesChange ? undefined : pending
    const previous = kind.takesTurns || held.previous === undefined ? undefined : loginOf(held.previous, form)
    if (previous === undefined) throw new RotationFault("current_refused")
    samePlace(previous, current)
    if (previous.username !== current.username) throw new RotationFault("identity_changed", { field: "username" })
    if (!(await target.logsIn(previous, context))) throw new RotationFault("current_refused")
    return previous
  }

  return {
    writes: ["username", "password"],

    check(held) {
      const current = loginOf(held.current, form)
      named(current)
      passwordRule(current.all)
      adminIn(held, current)
    },

    async prove(held, context) {
      const current = loginOf(held.current, form)
      const admin = adminIn(held, current)
      if (!(await target.logsIn(current, context))) throw new RotationFault("current_refused")
      await target.probe(current, current, context)
      if (admin !== undefined) await target.proveAdmin({ current, admin }, context)
    },

    async create(held, context) {
      const current = loginOf(held.current, form)
      if (held.pending !== undefined) {
        pendingIn(held, current)
        return held.pending
      }
      const password = newPassword(context.random, passwordRule(current.all))
      return JSON.stringify({ ...current.all, username: named(current), password })
    },

    async set(held, context) {
      const current = loginOf(held.current, form)
      const pending = pendingIn(held, current)
      const admin = adminIn(held, current)
      if (await changedByCurrent(pending, { current, admin }, context)) return
      const by = await other(held, current, pending, context)
      if (by !== undefined) await target.change(pending, { current: by, admin }, context)
    },

    async test(held, context) {
      const current = loginOf(held.current, form)
      await target.probe(pendingIn(held, current), current, context)
    },

    async revoke(held, context) {
      if (held.previous === undefined) return
      const current = loginOf(held.current, form)
      const previous = loginOf(held.previous, form)
      samePlace(previous, current)
      if (previous.username !== named(current)) throw new RotationFault("identity_changed", { field: "username" })
      const admin = adminIn(held, current)
      const by = { current, admin }
      if (!(provesItself(by) || (await target.logsIn(current, context)))) throw new RotationFault("current_refused")
      await target.revoke(previous, by, context)
    },
  }
}

async function unlessRefused(change: Promise<void>): Promise<boolean> {
  try {
    await change
    return true
  } catch (error) {
    if (error instanceof RotationFault && error.code === "current_refused") return false
    throw error
  }
}

function samePlace(one: Login, other: Login): void {
  for (const field of ["engine", "host", "port"] as const)
    if (one[field] !== other[field]) throw new RotationFault("identity_changed", { field })
}
