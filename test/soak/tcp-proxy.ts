import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** Stands between the server and its database, and can be cut. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Ends every connection and takes no new one. */
  cut(): void
  /** Passes nothing on any more, and says nothing: as a server that hangs, or a network that loses all. */
  hang(): void
  /** What was under way when it hung is lost. */
  mend(): void
}

export async function proxyTo(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let whole = true
  let hanging = false
  const listener = createServer((near) => {
    if (!whole) return near.destroy()
    if (hanging) {
      open.add(near)
      near.on("error", () => undefined).on("close", () => open.delete(near))
      return undefined
    }
    const far = connect(target)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on("error", () => other.destroy())
      one.on("close", () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
    return undefined
  })
  listener.listen(0, "127.0.0.1")
  await once(listener, "listening")
  const cut = (): void => {
    whole = false
    for (const socket of open) socket.destroy()
  }
  return {
    port: (listener.address() as AddressInfo).port,
    cut,
    hang() {
      hanging = true
      for (const socket of open) socket.unpipe().pause()
    },
    mend() {
      whole = true
      if (!hanging) return
      hanging = false
      for (const socket of open) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      cut()
      listener.close()
      await once(listener, "close")
    },
  }
}
