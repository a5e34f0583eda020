/** What may be told of a notification's cause: names, ids, numbers and codes. Texts of reasons and values are no facts. */
export interface FactTypes {
  /** Of the access request, or of the request for a change. */
  readonly requestId: string
  readonly grantId: string
  /** User name of who caused it. */
  readonly by: string
  /** User name of whose account it is. */
  readonly account: string
  readonly verb: string
  /** The first secret's name, and how many there are. */
  readonly secret: string
  readonly secrets: number
  readonly decision: "approved" | "denied" | "cancelled"
  /** What sort of change, such as `role_grant`. */
  readonly change: string
  /** ISO 8601; empty for what waits for a second person's approval and for nothing else. */
  readonly effectiveAt: string
  readonly minutes: number
  /** ISO 8601. */
  readonly dueAt: string
  readonly factor: string
  readonly event: "added" | "renamed" | "removed" | "used" | "reset" | "issued" | "revoked"
  /** Id of an access key. */
  readonly key: string
  /** Joined by `+`; empty for none. */
  readonly roles: string
  /** Of an identity provider, as its ID tokens spell it. */
  readonly issuer: string
  /** Of an alarm: its name, as in docs/alarms.md. */
  readonly alarm: string
  readonly state: "raised" | "over"
  /** What the alarm says, a sentence. */
  readonly says: string
  /** A person or program, or a server; empty where it is about no one in particular. */
  readonly about: string
  readonly count: number
  /** ISO 8601. */
  readonly since: string
  /** Number of an audit entry, or none. */
  readonly entry: string
  /** Where the runbook stands. */
  readonly runbook: string
}

export type FactName = keyof FactTypes

/** Who is told, beside the webhook, which is told everything. */
type Audience =
  | "those who may decide it"
  | "who asked"
  | "all other admins and auditors"
  | "whose account it is"
  | "the old address"
  | "those on call"

/** One fact as it may stand in a text: of one line, printable, bounded (text.ts). */
export type Text = (name: FactName) => string

interface Kind {
  readonly to: Audience
  /** Sent before all others, and dropped after them. */
  readonly alarm: boolean
  readonly facts: readonly FactName[]
  /** Ends with a link to `/approve/{requestId}`. */
  readonly link: boolean
  readonly subject: (fact: Text) => string
  readonly body: (fact: Text) => string
}

const NOT_YOU = "If that was not you, tell an admin at once and change your password."

/** Every kind there is: what it says, and to whom. Facts are cleaned before they get here (text.ts). */
export const KINDS = {
  access_requested: {
    to: "those who may decide it",
    alarm: false,
    facts: ["requestId", "by", "verb", "secret", "secrets"],
    link: true,
    subject: (fact) => `${fact("by")} asks for access to ${fact("secret")}`,
    body: (fact) =>
      `${fact("by")} asks to ${fact("verb")} ${fact("secret")} (${fact("secrets")} in all) and you may decide it. The reason given stands on the page.`,
  },
  access_decided: {
    to: "who asked",
    alarm: false,
    facts: ["requestId", "by", "decision", "secret", "secrets"],
    link: true,
    subject: (fact) => `Your request for ${fact("secret")} was ${fact("decision")}`,
    body: (fact) => `${fact("by")}: ${fact("decision")}, for ${fact("secret")} (${fact("secrets")} in all).`,
  },
  change_requested: {
    to: "those who may decide it",
    alarm: true,
    facts: ["requestId", "by", "change", "effectiveAt"],
    link: true,
    subject: (fact) => `${fact("by")} asks for a change: ${fact("change")}`,
    body: (fact) =>
      fact("effectiveAt") === ""
        ? `${fact("by")} asks for this change: ${fact("change")}. It takes effect once another person approves it.`
        : `${fact("by")} asks for this change: ${fact("change")}. It takes effect at ${fact("effectiveAt")} unless somebody cancels it.`,
  },
  change_effective: {
    to: "all other admins and auditors",
    alarm: true,
    facts: ["requestId", "by", "change"],
    link: true,
    subject: (fact) => `A change is in effect: ${fact("change")}`,
    body: (fact) => `The change that ${fact("by")} asked for is in effect: ${fact("change")}.`,
  },
  break_glass_used: {
    to: "all other admins and auditors",
    alarm: true,
    facts: ["requestId", "grantId", "by", "secret", "secrets", "minutes"],
    link: true,
    subject: (fact) => `BREAK-GLASS: ${fact("by")} opened ${fact("secret")}`,
    body: (fact) =>
      `${fact("by")} has used break-glass for ${fact("secret")} (${fact("secrets")} in all), for ${fact("minutes")} minutes, as grant ${fact("grantId")}. If nobody expects this, revoke the grant now.`,
  },
  break_glass_review: {
    to: "all other admins and auditors",
    alarm: true,
    facts: ["requestId", "by", "secret", "dueAt"],
    link: true,
    subject: (fact) => `Review due: break-glass by ${fact("by")}`,
    body: (fact) =>
      `The use of break-glass by ${fact("by")} for ${fact("secret")} is to be reviewed by ${fact("dueAt")}.`,
  },
  factor_changed: {
    to: "whose account it is",
    alarm: false,
    facts: ["account", "by", "factor", "event"],
    link: false,
    subject: (fact) => `A second factor of ${fact("account")} was ${fact("event")}`,
    body: (fact) =>
      `A second factor (${fact("factor")}) of the account ${fact("account")} was ${fact("event")} by ${fact("by")}. ${NOT_YOU}`,
  },
  access_key_changed: {
    to: "whose account it is",
    alarm: false,
    facts: ["account", "by", "key", "event"],
    link: false,
    subject: (fact) => `An access key of ${fact("account")} was ${fact("event")}`,
    body: (fact) =>
      `The access key ${fact("key")} of the account ${fact("account")} was ${fact("event")} by ${fact("by")}. ${NOT_YOU}`,
  },
  password_changed: {
    to: "whose account it is",
    alarm: false,
    facts: ["account", "by"],
    link: false,
    subject: (fact) => `The password of ${fact("account")} was changed`,
    body: (fact) => `The password of the account ${fact("account")} was changed by ${fact("by")}. ${NOT_YOU}`,
  },
  role_changed: {
    to: "whose account it is",
    alarm: false,
    facts: ["account", "by", "roles"],
    link: false,
    subject: (fact) => `The roles of ${fact("account")} were changed`,
    body: (fact) =>
      `The roles of the account ${fact("account")} were changed by ${fact("by")}. They are now: ${fact("roles") || "none"}.`,
  },
  sign_on_changed: {
    to: "whose account it is",
    alarm: false,
    facts: ["account", "issuer", "event"],
    link: false,
    subject: (fact) => `A way to sign in to ${fact("account")} was ${fact("event")}`,
    body: (fact) =>
      `A way to sign in to the account ${fact("account")}, by ${fact("issuer")}, was ${fact("event")}. ${NOT_YOU}`,
  },
  email_changed: {
    to: "the old address",
    alarm: false,
    facts: ["account", "by"],
    link: false,
    subject: (fact) => `The mail address of ${fact("account")} was changed`,
    body: (fact) =>
      `Mail about the account ${fact("account")} goes to another address from now on; ${fact("by")} changed it. ${NOT_YOU}`,
  },
  alarm: {
    to: "those on call",
    alarm: true,
    facts: ["alarm", "state", "says", "about", "count", "since", "entry", "runbook"],
    link: false,
    subject: (fact) => `${fact("alarm")} ${fact("state")}: ${fact("says")}`,
    body: (fact) =>
      `${fact("alarm")} is ${fact("state")}. ${fact("says")} Whom it is about: ${fact("about") || "no one in particular"}. Events: ${fact("count")}, since ${fact("since")}, from audit entry ${fact("entry")} on. What to do: ${fact("runbook")}`,
  },
} as const satisfies Readonly<Record<string, Kind>>

export type NoticeKind = keyof typeof KINDS

export type FactsOf<K extends NoticeKind> = Pick<FactTypes, (typeof KINDS)[K]["facts"][number]>

export function isNoticeKind(text: string): text is NoticeKind {
  return Object.hasOwn(KINDS, text)
}
