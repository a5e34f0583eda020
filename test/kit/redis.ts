import { connect } from "node:net"

export const REDIS_URL = process.env["TYLER_TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379"

/** What tests that need Redis are skipped for; false where one answers. If TYLER_TEST_REQUIRE names it, it must. */
export const noRedis = (await answers()) ? false : "redis"

function answers(): Promise<boolean> {
  const { hostname, port } = new URL(REDIS_URL)
  const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("redis")
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port || 6379), hostname, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => (required ? reject(new Error(`no Redis answers at ${hostname}:${port}`)) : resolve(false)))
  })
}
