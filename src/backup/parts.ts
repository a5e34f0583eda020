/**
 * The files of a backup and their names, spec/backup.md. Each name says what is in it, so that a later backup into the same
 * folder knows which parts it need not make again.
 */
export const MANIFEST = "manifest.json.age"

/** Entries of one part: what a backup that was stopped loses at most. */
export const PART_ENTRIES = 262_144

const ENTRIES = /^entries-(0|[1-9][0-9]{0,15})-([1-9][0-9]{0,15})-([0-9]+-[0-9]+)\.ndjson\.gz\.age$/
const STATE = /^state-(0|[1-9][0-9]{0,15})-[0-9a-f]{16}\.ndjson\.gz\.age$/
const UNFINISHED = ".part"

/** @param taken what the snapshot says of entries in the span that were erased or emptied */
export function entriesPart(from: number, to: number, taken: string): string {
  return `entries-${from}-${to}-${taken}.ndjson.gz.age`
}

/** @param id 16 hex digits, another for each backup */
export function statePart(size: number, id: string): string {
  return `state-${size}-${id}.ndjson.gz.age`
}

export function isPart(name: string): boolean {
  return ENTRIES.test(name) || STATE.test(name)
}

/** Worth telling a server of: another state is never used again. */
export function isReusable(name: string): boolean {
  return ENTRIES.test(name)
}

/** Where a file stands until it is whole. */
export function unfinished(name: string): string {
  return name + UNFINISHED
}

/** Whether a backup made, or was about to make, a file of that name. */
export function isOurs(name: string): boolean {
  const whole = name.endsWith(UNFINISHED) ? name.slice(0, -UNFINISHED.length) : name
  return whole === MANIFEST || isPart(whole)
}
