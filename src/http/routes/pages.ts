import type { FastifyInstance } from "fastify"
import { TylerError } from "../../core/errors.ts"
import { answerPage, PAGE_PATHS } from "../page-answer.ts"
import type { Wiring } from "../wiring.ts"

/** The small pages and their assets. They hold no data; everything they show comes from the API. */
export function registerPages(app: FastifyInstance, wiring: Wiring): void {
  for (const url of PAGE_PATHS) {
    app.route({
      method: ["GET", "HEAD"],
      url,
      handler: async (request, reply) => {
        const hosts = request.raw.headersDistinct["host"]
        const rules = { ...wiring.hosts(), development: wiring.development }
        const answer = answerPage({ url: request.url, hosts, cookie: request.headers.cookie }, rules)
        if (answer === undefined) throw new TylerError("misdirected_request")
        return reply.code(answer.status).headers(answer.headers).send(answer.body)
      },
    })
  }
}
