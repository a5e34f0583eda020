/** How far it is: on a terminal one line that is written over, elsewhere nothing. */
export function progressOn(out: NodeJS.WriteStream): {
  step(done: number, total: number, bytes: number): void
  end(): void
} {
  let shown = 0
  return {
    step(done, total, bytes) {
      if (out.isTTY !== true || Date.now() - shown < 200) return
      shown = Date.now()
      out.write(`\r${done} of ${total} entries, ${(bytes / 2 ** 20).toFixed(1)} MiB `)
    },
    end() {
      if (shown !== 0) out.write("\n")
    },
  }
}
