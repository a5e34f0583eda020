import Fastify from "fastify"
import { AccessAnswer, AccessBody } from "../../src/api/access.ts"

/** The baseline: the same framework, route shape, schemas and answer size, and nothing of what we are for. */
const answer = JSON.parse(process.env["BENCH_ANSWER"] ?? "{}") as object

const app = Fastify({ logger: false })
app.post(
  "/api/secrets/:category/:name/access",
  { schema: { body: AccessBody, response: { 200: AccessAnswer } } },
  async () => answer,
)
await app.listen({ host: "127.0.0.1", port: 0 })
const address = app.server.address()
process.stdout.write(`listens on http://127.0.0.1:${typeof address === "object" ? address?.port : 0}\n`)
process.on("SIGTERM", () => process.exit(0))
