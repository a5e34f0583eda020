import { PassThrough, Writable } from "node:stream"
import type { InputStream, World } from "../../src/cli/world.ts"

/** A world for tests: what is written is kept, and keys come from the test. */
export interface FakeWorld extends World {
  readonly stdin: InputStream & PassThrough
  readonly said: { out: string; err: string }
  /** Each change of raw mode. */
  readonly raw: boolean[]
}

export function fakeWorld(
  given: Partial<Omit<World, "stdin">> & { terminal?: boolean; columns?: number } = {},
): FakeWorld {
  const { terminal = false, columns, ...rest } = given
  const said = { out: "", err: "" }
  const raw: boolean[] = []
  const keeping = (name: "out" | "err") =>
    Object.assign(
      new Writable({
        write: (piece: Buffer, _encoding, done) => {
          said[name] += piece.toString()
          done()
        },
      }),
      { isTTY: terminal, ...(columns === undefined ? {} : { columns }) },
    )
  const stdin = Object.assign(new PassThrough(), { isTTY: terminal, setRawMode: (on: boolean) => raw.push(on) })
  return {
    env: {},
    stdin,
    stdout: keeping("out"),
    stderr: keeping("err"),
    cwd: "/",
    home: "/nonexistent",
    uid: process.getuid?.() ?? null,
    now: () => Date.UTC(2026, 10, 24),
    ...rest,
    said,
    raw,
  }
}
