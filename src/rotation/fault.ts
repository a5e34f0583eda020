/**
 * Why a step of a rotation did not succeed: a closed set, for people and for the engine that decides whether to try again.
 * What a server or a driver said never comes along, because it may quote what was sent: only its code does.
 */
const TEXTS = {
  secret_invalid: "The secret is not of the form that its rotation strategy needs",
  pending_missing: "There is no pending version; the first step was not done",
  identity_changed: "The pending version is of another user or another place than the current one",
  admin_missing: "The strategy needs the secret of an administrator, named by masterarn",
  admin_moved: "The secret leads elsewhere, or to another administrator, than when its schedule was set; set it again",
  admin_refused: "The target does not let the administrator in",
  admin_not_permitted: "The administrator may not do this at the target",
  current_refused: "The target does not let the current version in; somebody changed it there, or the user is another",
  pending_refused: "The target does not let the pending version in",
  no_password_asked: "The target lets the user in without asking for the password, so a login proves nothing",
  not_permitted: "The user may not do this at the target",
  account_unsuitable: "The account at the target cannot be rotated this way",
  password_rejected: "The target's password rules refuse the new password",
  address_refused: "The target's address is not one that this service may connect to",
  target_unreachable: "The target cannot be reached, or did not answer in time",
  tls_failed: "The target's certificate was not accepted, or it has no TLS",
  target_failed: "The target answered with an error",
  function_abandoned: "AWS has given the rotation up: its version lost the label AWSPENDING without becoming current",
  function_cancelled: "Somebody has turned rotation off in AWS while it was under way",
  function_unfinished: "AWS has not finished the rotation in two hours; the log of its function says why",
} as const

export type RotationFaultCode = keyof typeof TEXTS

/** Worth another try without anybody's doing anything. */
const PASSING: ReadonlySet<RotationFaultCode> = new Set(["target_unreachable", "target_failed", "pending_refused"])

/** `field`: which member of the secret. `reason`: what is wrong with it, in our words. `code`: the target's own, e.g. an SQLSTATE. */
export interface FaultFacts {
  readonly field?: string
  readonly reason?: string
  readonly code?: string
}

export class RotationFault extends Error {
  readonly code: RotationFaultCode
  readonly facts: FaultFacts
  /** Whether the engine should try again by itself. */
  readonly passing: boolean

  constructor(code: RotationFaultCode, facts: FaultFacts = {}) {
    const about = [facts.field, facts.reason, facts.code === undefined ? undefined : `code ${facts.code}`]
    const said = about.filter((part) => part !== undefined).join(": ")
    super(said === "" ? TEXTS[code] : `${TEXTS[code]} (${said})`)
    this.name = "RotationFault"
    this.code = code
    this.facts = facts
    this.passing = PASSING.has(code)
  }
}

/** What stands in a foreign error's `code`, if it is a plain short word; never its message. */
export function foreignCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return typeof code === "string" && /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : "unknown"
}

const ABOUT_TLS = /^(?:ERR_(?:TLS|SSL)|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO|HANDSHAKE)/

/** What a socket says that never came to speak with the target. */
export function connectionFault(error: unknown): RotationFault {
  if (error instanceof RotationFault) return error
  const code = foreignCode(error)
  return new RotationFault(ABOUT_TLS.test(code) ? "tls_failed" : "target_unreachable", { code })
}
