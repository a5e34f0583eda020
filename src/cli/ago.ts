const UNITS: readonly (readonly [number, string])[] = [
  [365 * 86_400_000, "year"],
  [30 * 86_400_000, "month"],
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
]

/** A time of the server's as people say it: `3 hours ago`, `in 2 days`, `now`. What is no time stays as it is. */
export function ago(iso: string | null, now: number): string {
  if (iso === null) return "never"
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return iso
  if (iso.length === 10) return at > now - 86_400_000 ? "today" : distance(now - at)
  return distance(now - at)
}

function distance(ms: number): string {
  const unit = UNITS.find(([size]) => Math.abs(ms) >= size)
  if (!unit) return "now"
  const count = Math.floor(Math.abs(ms) / unit[0])
  const text = `${count} ${unit[1]}${count === 1 ? "" : "s"}`
  return ms < 0 ? `in ${text}` : `${text} ago`
}
