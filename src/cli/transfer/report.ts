import { resolve } from "node:path"
import type { World } from "../world.ts"

const { closeSync, constants, fstatSync, openSync, writeSync } = process.getBuiltinModule("node:fs")

/**
 * What became of each secret, one JSON object a line, as it happens; never a value. A file that is there is added to: what
 * was interrupted and went on has one report. Each run begins with a line of its own.
 */
export class Report implements Disposable {
  readonly #fd: number

  constructor(world: World, path: string) {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants
    this.#fd = openSync(resolve(world.cwd, path), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
    if (!fstatSync(this.#fd).isFile()) {
      closeSync(this.#fd)
      throw Object.assign(new Error(`${path} is not a regular file`), { syscall: "open" })
    }
    this.#add({ kind: "run", at: new Date(world.now()).toISOString() })
  }

  add(told: object): void {
    this.#add({ kind: "secret", ...told })
  }

  #add(line: object): void {
    writeSync(this.#fd, `${JSON.stringify(line)}\n`)
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}
