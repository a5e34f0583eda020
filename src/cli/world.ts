import type { Readable, Writable } from "node:stream"

export interface InputStream extends Readable {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Everything a command sees of the machine; `main` fills it from the process, tests from their own. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly cwd: string
  /** Null where nobody knows: only what is kept there needs one. */
  readonly home: string | null
  /** Numeric owner of this process; null where the system has none. */
  readonly uid: number | null
  /** Milliseconds since 1970 UTC. */
  now(): number
}
