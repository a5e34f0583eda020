/** Where a runbook stands: a page of its own below a URL, or the file that comes with this program. */
export function runbookAt(place: string, slug: string): string {
  return place.includes("://") ? `${place}/${slug}` : `${place}/${slug}.md`
}
