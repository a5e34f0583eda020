import type { PendingAnswer } from "../api/access-requests.ts"
import type {
  LoginAnswer,
  LoginBody,
  MeAnswer,
  PasswordBody,
  SessionItem,
  SessionsAnswer,
  SetupAnswer,
  SetupBody,
} from "../api/auth.ts"
import type { Scope } from "../api/fields.ts"
import type { IamLoginBody } from "../api/iam.ts"
import type { SignInAnswer, SignOnBody } from "../api/identity-providers.ts"
import type {
  CreatedUser,
  IssuedToken,
  ServiceAccountBody,
  ServiceAccountPatch,
  ServiceAccountItem,
  ServiceAccountsAnswer,
  UserBody,
  UserItem,
  UserPatch,
  UsersAnswer,
} from "../api/users.ts"
import type { WorkloadLoginAnswer } from "../api/workloads.ts"
import { queryText } from "./address.ts"
import type { Caller, SendOptions } from "./caller.ts"
import type { Shown, Verified } from "./factors.ts"
import { paged } from "./pages.ts"
import type { Reasoned } from "./secrets.ts"
import { orWaiting, type Waiting } from "./waiting.ts"
import { PERSON_EXPORT, wholeExport } from "./whole-export.ts"

/** Who the caller is. `login` and `setup` answer a token; make another client with it. */
export interface Identity {
  /** The first admin, with the token that the server printed at its start. 409 `setup_done` ever after. */
  setup(body: SetupBody): Promise<SetupAnswer>
  /** 401 for every cause. */
  login(body: LoginBody): Promise<LoginAnswer>
  /** What the server offers for signing in. */
  signIn(): Promise<SignInAnswer>
  /** For a program that had a browser sign in: the code it brought, once, within two minutes. 401 for every cause. */
  exchangeSignOn(body: SignOnBody): Promise<LoginAnswer>
  /** Where `login` answered `factorDue`: with its token, the second half. Answers another token; the half one ends. */
  finishLogin(shown: Shown): Promise<LoginAnswer>
  /** Ends the session in use. */
  logout(): Promise<void>
  /** A program's session of 15 minutes for a token of a known issuer, which is good once. */
  loginWorkload(token: string): Promise<WorkloadLoginAnswer>
  /** The same for a request that `signIdentity` of `iam-signature.ts` has signed with AWS credentials. */
  loginIam(signed: IamLoginBody): Promise<WorkloadLoginAnswer>
  me(): Promise<MeAnswer>
  /** Where notices go; null: nowhere. */
  setEmail(email: string | null): Promise<void>
  changePassword(body: PasswordBody): Promise<void>
}

export function identityOf(caller: Caller): Identity {
  return {
    setup: (body) => caller.send("POST", "/api/setup", body),
    login: (body) => caller.send("POST", "/api/auth/login", body),
    signIn: () => caller.read("/api/auth/providers"),
    exchangeSignOn: (body) => caller.send("POST", "/api/auth/sign-on", body),
    finishLogin: (shown) => caller.send("POST", "/api/auth/factor", shown),
    logout: async () => {
      await caller.send("POST", "/api/auth/logout", {})
    },
    loginWorkload: (token) => caller.send("POST", "/api/auth/workload", { token }),
    loginIam: (signed) => caller.send("POST", "/api/auth/iam", signed),
    me: () => caller.read("/api/me"),
    setEmail: async (email) => {
      await caller.send("PATCH", "/api/me", { email })
    },
    changePassword: async (body) => {
      await caller.send("POST", "/api/me/password", body)
    },
  }
}

export interface Sessions {
  list(): Promise<readonly SessionItem[]>
  end(id: string): Promise<void>
}

export function sessionsOf(caller: Caller): Sessions {
  return {
    list: async () => (await caller.read<SessionsAnswer>("/api/sessions")).sessions,
    end: async (id) => {
      await caller.send("DELETE", `/api/sessions/${encodeURIComponent(id)}`, {})
    },
  }
}

export interface Users {
  /** In order of names, page by page. */
  list(): AsyncGenerator<UserItem, void, undefined>
  /** `pending` where roles wait for a second person; the account is there without them. */
  create(user: UserBody, options?: Verified): Promise<CreatedUser>
  /**
   * Resets, break-glass and roles that let somebody pass an approval take a step-up token for `govern`, and wait.
   * @throws TylerApiError `verification_required`, `last_admin`
   */
  change(id: string, patch: UserPatch, options?: Verified): Promise<UserItem | Waiting>
  /** All that is kept about a person as NDJSON, in pieces as they come, and whole. */
  export(id: string): AsyncGenerator<Uint8Array, void, undefined>
  /** Asks for an erasure, to which another admin has to agree. Takes a step-up token for `govern`. */
  erase(id: string, options?: Reasoned & SendOptions): Promise<PendingAnswer>
  /** Keeps a person from being erased. 409 `person_held`. */
  hold(id: string, options?: Reasoned): Promise<void>
  release(id: string, options?: Reasoned): Promise<void>
  /** A person's sessions, oldest first. */
  sessions(id: string): Promise<readonly SessionItem[]>
  endSession(id: string, sessionId: string): Promise<void>
}

export function usersOf(caller: Caller): Users {
  const path = (id: string, last: string) => `/api/users/${encodeURIComponent(id)}/${last}`
  return {
    list: () => paged(undefined, (cursor) => caller.read<UsersAnswer>(`/api/users${queryText({ cursor })}`), "users"),
    create: (user, options) => caller.send("POST", "/api/users", user, options),
    change: async (id, patch, options) =>
      orWaiting<UserItem>(await caller.send("PATCH", `/api/users/${encodeURIComponent(id)}`, patch, options)),
    export: (id) => wholeExport(PERSON_EXPORT, caller.stream(path(id, "data"))),
    erase: async (id, options = {}) =>
      caller.send("POST", path(id, "erase"), { reason: caller.reason(options.reason) }, options),
    hold: async (id, options = {}) => {
      await caller.send("POST", path(id, "hold"), { reason: caller.reason(options.reason) })
    },
    release: async (id, options = {}) => {
      await caller.send("DELETE", path(id, "hold"), { reason: caller.reason(options.reason) })
    },
    sessions: async (id) => (await caller.read<SessionsAnswer>(path(id, "sessions"))).sessions,
    endSession: async (id, sessionId) => {
      await caller.send("DELETE", path(id, `sessions/${encodeURIComponent(sessionId)}`), {})
    },
  }
}

type NewServiceAccount = Omit<ServiceAccountBody, "reason"> & Reasoned

export interface ServiceAccounts {
  list(): AsyncGenerator<ServiceAccountItem, void, undefined>
  /** With its first token, which is shown this once. */
  create(account: NewServiceAccount): Promise<IssuedToken>
  /** Another owner or standing reason; its tokens stay. */
  change(id: string, change: Omit<ServiceAccountPatch, "reason"> & Reasoned): Promise<ServiceAccountItem>
  /** Another token: at most two are valid at once. */
  issueToken(id: string, options?: Reasoned & { expiresInDays?: number; scope?: Scope }): Promise<IssuedToken>
  revokeToken(id: string, tokenId: string): Promise<void>
}

export function serviceAccountsOf(caller: Caller): ServiceAccounts {
  const path = "/api/service-accounts"
  const tokens = (id: string) => `${path}/${encodeURIComponent(id)}/tokens`
  return {
    list: () =>
      paged(undefined, (cursor) => caller.read<ServiceAccountsAnswer>(path + queryText({ cursor })), "serviceAccounts"),
    create: async ({ name, roles, expiresInDays, ownerId, scope, reason }) =>
      caller.send("POST", path, { name, roles, expiresInDays, ownerId, scope, reason: caller.reason(reason) }),
    change: async (id, { ownerId, standingReason, reason }) =>
      caller.send("PATCH", `${path}/${encodeURIComponent(id)}`, {
        ownerId,
        standingReason,
        reason: caller.reason(reason),
      }),
    issueToken: async (id, { reason, expiresInDays, scope } = {}) =>
      caller.send("POST", tokens(id), { reason: caller.reason(reason), expiresInDays, scope }),
    revokeToken: async (id, tokenId) => {
      await caller.send("DELETE", `${tokens(id)}/${encodeURIComponent(tokenId)}`, {})
    },
  }
}
