import type { Random } from "./random.ts"

declare const versionId: unique symbol
/** The id of one immutable version: 32 to 64 of `[A-Za-z0-9-]`, as an AWS ClientRequestToken. */
export type VersionId = string & { readonly [versionId]: true }

const VERSION_ID = /^[A-Za-z0-9-]{32,64}$/

export function parseVersionId(text: string): VersionId | undefined {
  return VERSION_ID.test(text) ? (text as VersionId) : undefined
}

export function newVersionId(random: Random): VersionId {
  return random.uuid() as VersionId
}
