import type { Receipt } from "../../core/receipt.ts"
import { discard, lend, type SecretValue } from "../../core/secret-value.ts"
import { CURRENT, PENDING, PREVIOUS } from "../../core/stage.ts"
import { RotationFault } from "../../rotation/fault.ts"
import type { Held } from "../../rotation/steps.ts"
import type { LabelRow, SecretRow, VersionRow } from "../../state/rows.ts"
import type { Service } from "../service.ts"
import { bodyOf } from "../value.ts"

/** The versions of one secret that a step may be given; opened, and not yet lent. */
export interface Opened {
  readonly current: SecretValue
  readonly pending: SecretValue | undefined
  readonly previous: SecretValue | undefined
}

/** @param pendingId the version that a rotation makes; another one's pending is none of its. */
export async function openVersions(
  on: Service,
  { id, name }: SecretRow,
  labels: readonly LabelRow[],
  pendingId: string | null,
): Promise<Opened | undefined> {
  const opened: SecretValue[] = []
  const open = async (versionId: string | undefined): Promise<SecretValue | undefined> => {
    const version =
      versionId === undefined ? undefined : await on.reader.version(id, versionId as VersionRow["versionId"])
    if (version === undefined) return undefined
    const { value } = await on.store.open(on, name, version)
    opened.push(value)
    return value
  }
  try {
    const current = await open(holderOf(labels, CURRENT))
    if (current === undefined) return undefined
    const pending = holderOf(labels, PENDING)
    return {
      current,
      pending: pending === pendingId ? await open(pending) : undefined,
      previous: await open(holderOf(labels, PREVIOUS)),
    }
  } catch (error) {
    for (const value of opened) discard(value)
    throw error
  }
}

export function holderOf(labels: readonly LabelRow[], label: string): VersionRow["versionId"] | undefined {
  return labels.find((one) => one.label === label)?.versionId
}

export function discardAll({ current, pending, previous }: Opened): void {
  for (const value of [current, pending, previous]) if (value !== undefined) discard(value)
}

/** Lends what was opened, for the receipt of the entry that says so. @throws RotationFault for a value that is no text */
export function lendVersions<T>(opened: Opened, receipt: Receipt, use: (held: Held) => Promise<T>): Promise<T> {
  const values = [opened.current, opened.pending, opened.previous]
  const there = values.filter((value) => value !== undefined)
  return lend(there, receipt, (stored) => {
    let at = 0
    const [current = "", pending, previous] = values.map((value) =>
      value === undefined ? undefined : textOf(stored[at++] as Uint8Array),
    )
    return use({ current, pending, previous })
  })
}

export function textOf(stored: Uint8Array): string {
  const { form, bytes } = bodyOf(stored)
  if (form !== "text") throw new RotationFault("secret_invalid", { field: "value", reason: "is not text" })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
}
