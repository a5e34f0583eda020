import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from "node:fs"

/**
 * A file that did not exist, 0600 from its first moment (O_EXCL follows no symbolic link). Disposed before it is
 * finished, it is removed.
 */
export class NewFile {
  readonly #path: string
  readonly #fd: number
  #size = 0
  #finished = false

  private constructor(path: string, fd: number) {
    this.#path = path
    this.#fd = fd
  }

  /** Throws EEXIST if there is anything of that name. */
  static create(path: string): NewFile {
    return new NewFile(path, openSync(path, "wx", 0o600))
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; ) at += writeSync(this.#fd, bytes, at)
    this.#size += bytes.byteLength
  }

  /** Answers the bytes written. */
  finish(): number {
    fsyncSync(this.#fd)
    this.#finished = true
    return this.#size
  }

  keep(bytes: Uint8Array): void {
    this.append(bytes)
    this.finish()
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
    if (!this.#finished) unlinkSync(this.#path)
  }
}
