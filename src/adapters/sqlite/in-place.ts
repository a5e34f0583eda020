import { statSync } from "node:fs"

export class DatabaseGone extends Error {}

/**
 * Throws DatabaseGone once the database or its write-ahead log are no longer the files at their paths. SQLite does not notice when
 * its folder is moved or deleted (https://www.sqlite.org/howtocorrupt.html, section 2.6): it goes on in files that no
 * next start will find, so what it calls durable is lost. Looks by name and opens nothing, for closing a file gives up
 * the process's POSIX locks on it; 3 microseconds. Put back in its place, the same file is good again.
 */
export function inPlace(path: string): () => void {
  const known = new Map<string, string>()
  return () => {
    for (const file of [path, `${path}-wal`]) {
      const now = identityOf(file)
      const before = known.get(file)
      if (before === undefined && now !== undefined) known.set(file, now)
      else if (before !== now) throw new DatabaseGone("moved or deleted")
    }
  }
}

function identityOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev} ${stat.ino}`
}
