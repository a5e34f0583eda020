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
  try {
    await client.connect()
    connected = true
    return (await client.ping()) === "PONG" ? "answers" : "refused"
  } catch {
    return connected || client.status === "ready" ? "refused" : "unreachable"
  } finally {
    client.disconnect()
  }
}
