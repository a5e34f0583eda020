import type { AccessAnswer, BatchAnswer } from "../api/access.ts"
import type {
  DeletedAnswer,
  KeptAnswer,
  ListAnswer,
  ListItem,
  MetadataAnswer,
  Tag,
  VersionItem,
  VersionsAnswer,
  WrittenAnswer,
} from "../api/secrets.ts"
import type { WhoAnswer } from "../api/who.ts"
import { utcDay } from "../core/clock.ts"
import { queryText, secretPath } from "./address.ts"
import { type Value, valueFields } from "./body.ts"
import type { Caller, SendOptions } from "./caller.ts"
import { paged } from "./pages.ts"

export interface Reasoned extends SendOptions {
  /** Why; the client's own reason stands in for a missing one. */
  readonly reason?: string
}

export interface GetOptions extends Reasoned {
  /** Without it the value comes masked. */
  readonly unmask?: boolean
  readonly versionId?: string
  readonly stage?: string
  /** `string`: text that is a JSON object comes as text. */
  readonly as?: "string"
  /** Asks the store itself where a cache stands before it. */
  readonly skipCache?: boolean
}

export interface ListOptions {
  readonly prefix?: string
  readonly category?: string
  /** Part of the name or description, in either case. */
  readonly q?: string
  readonly cursor?: string
  /** 1 to 100. */
  readonly limit?: number
}

export interface CreateOptions extends SendOptions {
  /** The full name is then `category/name`. */
  readonly category?: string
  /** At most 500 characters. */
  readonly description?: string
  /** At most 50. */
  readonly tags?: readonly Tag[]
  readonly kmsKeyId?: string
}

export interface UpdateOptions extends Reasoned {
  /** Refused with 412 `version_conflict` unless this is the current version. */
  readonly expectedVersion?: string
}

export interface DeleteOptions extends Reasoned {
  /** `DELETE-<name>-<UTC day>`; `confirmationCode` makes it. */
  readonly confirmationCode: string
  /** 7 to 30. */
  readonly recoveryDays?: number
  readonly forceDelete?: boolean
}

/** Secrets by name. Every method throws TylerApiError. */
export interface Secrets {
  /** The value, masked unless `unmask` is set, with the receipt of its audit entry. */
  get(name: string, options?: GetOptions): Promise<AccessAnswer>
  /** Up to 50 secrets in one durable act; each is answered or refused for itself, in the order of `names`. */
  access(names: readonly string[], options?: Reasoned & { unmask?: boolean }): Promise<BatchAnswer["items"]>
  /** Every secret the caller may list, page by page. */
  list(options?: ListOptions): AsyncGenerator<ListItem, void, undefined>
  listPage(options?: ListOptions): Promise<ListAnswer>
  metadata(name: string): Promise<MetadataAnswer>
  /** Newest first. */
  versions(name: string): Promise<readonly VersionItem[]>
  /** Who could do what with it, page by page (`limit` 1 to 100); for its owners also who has read it. */
  who(name: string, options?: { readonly cursor?: string; readonly limit?: number }): Promise<WhoAnswer>
  /** 409 `secret_exists` if the name is taken. */
  create(name: string, value: Value, options?: CreateOptions): Promise<WrittenAnswer>
  /** A new current version. */
  update(name: string, value: Value, options?: UpdateOptions): Promise<WrittenAnswer>
  /** Description and tags; what is not named stays. */
  patch(name: string, change: { description?: string; tags?: readonly Tag[] }, options?: Reasoned): Promise<KeptAnswer>
  /** Schedules deletion; it can be restored until `deletionDate`. */
  delete(name: string, options: DeleteOptions): Promise<DeletedAnswer>
  restore(name: string, options?: Reasoned): Promise<KeptAnswer>
  /** Puts a secret that is in AWS already under the rule of this service. */
  adopt(name: string, options?: Reasoned): Promise<KeptAnswer>
  /** Makes an earlier version the current one. */
  rollback(name: string, versionId: string, options?: UpdateOptions): Promise<WrittenAnswer>
}

/** The code that a deletion must carry. @param at milliseconds since 1970 */
export function confirmationCode(name: string, at: number): string {
  return `DELETE-${name}-${utcDay(at)}`
}

export function secretsOf(caller: Caller): Secrets {
  const listPage = (options: ListOptions = {}) => caller.read<ListAnswer>(`/api/secrets${queryText({ ...options })}`)
  return {
    get: async (name, options = {}) => {
      const { unmask, versionId, stage, as, skipCache } = options
      const body = { reason: caller.readReason(options.reason), unmask, versionId, stage, as, skipCache }
      return caller.ask(`${secretPath(name)}/access`, body, options)
    },
    access: async (names, options = {}) => {
      const body = { names, reason: caller.readReason(options.reason), unmask: options.unmask }
      return (await caller.ask<BatchAnswer>("/api/secrets/access", body, options)).items
    },
    listPage,
    list: (options = {}) =>
      paged<"secrets", ListItem>(
        options.cursor,
        (cursor) => listPage(cursor === undefined ? options : { ...options, cursor }),
        "secrets",
      ),
    metadata: async (name) => caller.read(`${secretPath(name)}/metadata`),
    who: async (name, options = {}) => caller.read(`${secretPath(name)}/who${queryText({ ...options })}`),
    versions: async (name) => (await caller.read<VersionsAnswer>(`${secretPath(name)}/versions`)).versions,
    create: async (name, value, options = {}) => {
      const { category, description, tags, kmsKeyId } = options
      const body = { name, ...valueFields(value), category, description, tags, kmsKeyId }
      return caller.sendOnce("POST", "/api/secrets", body, options)
    },
    update: async (name, value, options = {}) => {
      const { expectedVersion } = options
      const body = { ...valueFields(value), reason: caller.reason(options.reason), expectedVersion }
      return caller.sendOnce("PUT", secretPath(name), body, options)
    },
    patch: async (name, change, options = {}) =>
      caller.send("PATCH", secretPath(name), { ...change, reason: caller.reason(options.reason) }, options),
    delete: async (name, options) => {
      const { confirmationCode, recoveryDays, forceDelete } = options
      const body = { confirmationCode, reason: caller.reason(options.reason), recoveryDays, forceDelete }
      return caller.send("DELETE", secretPath(name), body, options)
    },
    restore: async (name, options = {}) =>
      caller.send("POST", `${secretPath(name)}/restore`, { reason: caller.reason(options.reason) }, options),
    adopt: async (name, options = {}) =>
      caller.send("POST", `${secretPath(name)}/adopt`, { reason: caller.reason(options.reason) }, options),
    rollback: async (name, versionId, options = {}) => {
      const { expectedVersion } = options
      const body = { versionId, reason: caller.reason(options.reason), expectedVersion }
      return caller.send("POST", `${secretPath(name)}/rollback`, body, options)
    },
  }
}
