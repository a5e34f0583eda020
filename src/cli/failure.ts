import { TylerApiError } from "../client/error.ts"
import { Unmet, UsageError } from "./command.ts"
import { exitOf, FAULT, USAGE } from "./exit.ts"
import { printable, printableJson } from "./printable.ts"
import { Interrupted } from "./prompt.ts"
import { TokenFileError } from "./token-file.ts"

/** What is told of a failure, and the code to leave with. */
export interface Failure {
  readonly exit: number
  readonly line: string
}

type Facts = Readonly<Record<string, unknown>>

/** What would change it. A row answers undefined when the facts it needs are not there. */
const ADVICE: Readonly<Record<string, (facts: Facts) => string | undefined>> = {
  unauthenticated: () => "log in with: tyler login",
  forbidden: () => "who may, and why not you: tyler policy explain NAME",
  not_found: () => "what you may see: tyler ls",
  secret_exists: () => "tyler set NAME writes a new version",
  secret_pending_deletion: () => "bring it back with: tyler restore NAME",
  approval_required: () => "ask for it with: tyler request NAME --reason TEXT",
  approval_not_needed: () => "tyler get NAME",
  verification_required: ({ requiresEnrolment }) =>
    requiresEnrolment === true
      ? "enrol one with: tyler mfa add"
      : "on a terminal you are asked for a code; in scripts --code-file has it",
  verification_failed: () => "a code works once, and for half a minute: take the next one",
  request_closed: ({ state }) => (typeof state === "string" ? `it is ${state}` : undefined),
  quota_exceeded: renewal,
  rate_limited: renewal,
  version_conflict: () => "see what changed with: tyler versions NAME",
  invalid_confirmation: ({ expectedFormat }) =>
    typeof expectedFormat === "string" ? `expected ${expectedFormat}` : undefined,
  invalid_reason: ({ minimum }) => (typeof minimum === "number" ? `at least ${minimum} characters` : undefined),
  value_too_large: ({ limit }) => (typeof limit === "number" ? `at most ${limit} bytes` : undefined),
  unreachable: () => "is the server up, and TYLER_URL right?",
  not_rotatable: () => "say how with: tyler rotation set NAME --strategy STRATEGY",
  rotation_begun: () => "watch it with: tyler rotate NAME",
  busy: () => "try again",
  timeout: () => "try again",
  setup_done: () => "log in with: tyler login",
}

function renewal({ limit, resetsAt, scope }: Facts): string | undefined {
  if (typeof resetsAt !== "string") return undefined
  const what = typeof limit === "number" ? `${limit}${typeof scope === "string" ? ` per ${scope}` : ""}; ` : ""
  return `${what}starts anew at ${resetsAt}`
}

/** @param json one line of JSON in place of the one for people */
export function failureOf(error: unknown, json: boolean): Failure {
  if (error instanceof TylerApiError) return { exit: exitOf(error.status, error.code), line: apiLine(error, json) }
  if (error instanceof UsageError) {
    const help = error.words === undefined ? "tyler help" : `tyler help ${error.words}`
    return { exit: USAGE, line: local("usage", `${error.message} (${help})`, json) }
  }
  if (error instanceof Interrupted)
    return { exit: 130, line: local("interrupted", error.message || "nothing was done", json) }
  if (error instanceof Unmet) return { exit: error.exit, line: local(error.code, error.message, json) }
  if (error instanceof TokenFileError) return { exit: FAULT, line: local("token_file", error.message, json) }
  const text = error instanceof Error && "syscall" in error ? error.message : "unexpected fault"
  const name = error instanceof Error && !("syscall" in error) ? ` (${error.name})` : ""
  return { exit: FAULT, line: local("fault", text + name, json) }
}

function apiLine(error: TylerApiError, json: boolean): string {
  const { code, message, facts, requestId, status } = error
  if (json) return printableJson({ ...facts, code, error: message, status, requestId })
  const advice = ADVICE[code]?.(facts)
  const missing = Array.isArray(facts["missing"]) ? ` (missing: ${facts["missing"].map(String).join(", ")})` : ""
  const request = requestId === null ? "" : ` [request ${requestId}]`
  return printable(`tyler: ${code}: ${message}${missing}${advice === undefined ? "" : `; ${advice}`}${request}`)
}

function local(code: string, message: string, json: boolean): string {
  return json ? printableJson({ code, error: message, requestId: null }) : printable(`tyler: ${message}`)
}
