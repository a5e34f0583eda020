/** Connecting and answering. */
const ANSWER_MS = 2_000

/** Whether Redis answers, and takes the password. Its own words may hold anything and go nowhere. */
export async function pingRedis(url: string): Promise<"answers" | "unreachable" | "refused"> {
  const { Redis } = await import("ioredis")
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
    retryStrategy: () => null,
  })
  client.on("error", () => undefined)
  let connected = false
  // A password that is not taken ends `connect` too.
  client.on("connect", () => {
    connected = true
  })
  try {
    await client.connect()
    return (await client.ping()) === "PONG" ? "answers" : "refused"
  } catch {
    return connected ? "refused" : "unreachable"
  } finally {
    client.disconnect()
  }
}
