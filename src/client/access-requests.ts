import type {
  AccessRequestBody,
  DecidedAnswer,
  GrantItem,
  GrantsAnswer,
  RequestItem,
  RequestsAnswer,
} from "../api/access-requests.ts"
import { queryText } from "./address.ts"
import type { Caller } from "./caller.ts"
import type { Shown, Verified } from "./factors.ts"
import { paged } from "./pages.ts"

export interface RequestsOptions {
  /** `own` (the default): what the caller asked for; `decide`: what waits for the caller; `all`: admins and auditors. */
  readonly of?: "own" | "decide" | "all"
  readonly state?: Exclude<RequestItem["state"], "expired">
  readonly cursor?: string
  /** 1 to 100. */
  readonly limit?: number
}

/** The client's own reason stands in for a missing one. */
export type AccessAsk = Omit<AccessRequestBody, "reason"> & Verified & { readonly reason?: string }

/** What needs another person's consent. */
export interface AccessRequests {
  /**
   * Asks for 1 to 50 secrets at once. With a step-up token for the same verb and secrets the second factor stands for
   * the grant's lifetime. @throws TylerApiError `approval_not_needed`
   */
  create(ask: AccessAsk): Promise<RequestItem>
  /** Newest first, page by page. */
  list(options?: RequestsOptions): AsyncGenerator<RequestItem, void, undefined>
  page(options?: RequestsOptions): Promise<RequestsAnswer>
  get(id: string): Promise<RequestItem>
  /** Who has a passkey signs a challenge for `approve`; who has an app shows a code; who has neither shows nothing. */
  approve(id: string, shown?: Shown): Promise<DecidedAnswer>
  /** One refusal ends it. */
  deny(id: string, options?: { readonly reason?: string }): Promise<DecidedAnswer>
  /** By who asked; a change also by any admin. */
  cancel(id: string): Promise<RequestItem>
  /** Of a break-glass window, after its end, by another person. */
  review(id: string, options?: { readonly reason?: string }): Promise<RequestItem>
}

export function accessRequestsOf(caller: Caller): AccessRequests {
  const path = "/api/access-requests"
  const one = (id: string, verb = "") => `${path}/${encodeURIComponent(id)}${verb}`
  const page = (options: RequestsOptions = {}) => caller.read<RequestsAnswer>(path + queryText({ ...options }))
  return {
    create: async ({ verificationToken, ...ask }) =>
      caller.send("POST", path, { ...ask, reason: caller.reason(ask.reason) }, tokenOf(verificationToken)),
    page,
    list: (options = {}) =>
      paged<"requests", RequestItem>(
        options.cursor,
        (cursor) => page(cursor === undefined ? options : { ...options, cursor }),
        "requests",
      ),
    get: (id) => caller.read(one(id)),
    approve: (id, shown) => caller.send("POST", one(id, "/approve"), shown ?? {}),
    deny: async (id, { reason } = {}) => caller.send("POST", one(id, "/deny"), { reason: caller.reason(reason) }),
    cancel: (id) => caller.send("POST", one(id, "/cancel"), {}),
    review: async (id, { reason } = {}) => caller.send("POST", one(id, "/review"), { reason: caller.reason(reason) }),
  }
}

/** The caller's own leases, and those that the caller may decide about. */
export interface Grants {
  /** The caller's own live ones. */
  list(): Promise<readonly GrantItem[]>
  /** It holds at once. */
  revoke(id: string): Promise<void>
}

export function grantsOf(caller: Caller): Grants {
  return {
    list: async () => (await caller.read<GrantsAnswer>("/api/grants")).grants,
    revoke: async (id) => {
      await caller.send("DELETE", `/api/grants/${encodeURIComponent(id)}`, {})
    },
  }
}

export interface BreakGlassAsk extends Verified {
  /** 20 characters or more; the client's own stands in for a missing one. */
  readonly reason?: string
  /** 1 to 60; 30 by default. */
  readonly minutes?: number
}

export interface BreakGlass {
  /**
   * Opens 1 to 50 secrets in an emergency, without an approval. For people who are named for it, with a step-up token
   * for `govern`. Everybody who could have approved is told, and the window has to be reviewed.
   */
  breakGlass(names: readonly string[], options?: BreakGlassAsk): Promise<DecidedAnswer>
}

export function breakGlassOf(caller: Caller): BreakGlass {
  return {
    breakGlass: async (names, { verificationToken, reason, minutes } = {}) => {
      const body = { secrets: names, reason: caller.reason(reason), minutes }
      return caller.send("POST", "/api/break-glass", body, tokenOf(verificationToken))
    },
  }
}

function tokenOf(verificationToken: string | undefined): Verified {
  return verificationToken === undefined ? {} : { verificationToken }
}
