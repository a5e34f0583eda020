import type { Random } from "./random.ts"

declare const versionId: unique symbol
/** The id of one immutable version: 32 to 64 characters, here of `[A-Za-z0-9-]`. */
export type VersionId = string & { readonly [versionId]: true }

const VERSION_ID = /^[A-Za-z0-9-]{32,64}$/

export function parseVersionId(text: string): VersionId | undefined {
  return VERSION_ID.test(text) ? (text as VersionId) : undefined
}

/** As the AWS endpoint takes it, a ClientRequestToken: 32 to 64 printable ASCII characters. */
export function parseRequestToken(text: string): VersionId | undefined {
  return /^[\x20-\x7e]{32,64}$/.test(text) ? (text as VersionId) : undefined
}

export function newVersionId(random: Random): VersionId {
  return random.uuid() as VersionId
}
