import { pageHeaders } from "../pages/headers.ts"
import type { Wiring } from "../wiring.ts"
import type { Handler } from "./handlers.ts"

/** Made at the first request and kept: most servers are never asked, and nobody shall make one work for each request. */
const made = new WeakMap<Wiring, Promise<{ readonly json: string; readonly page: string }>>()

async function make({ publicUrl, version, development }: Wiring) {
  const { openApiDocument } = await import("../openapi/document.ts")
  const { docsPage } = await import("../pages/docs/page.ts")
  const document = openApiDocument({ publicUrl, version })
  return { json: JSON.stringify(document), page: docsPage({ development }, document) }
}

function madeFor(wiring: Wiring) {
  let description = made.get(wiring)
  if (description === undefined) {
    description = make(wiring)
    made.set(wiring, description)
  }
  return description
}

export const describeRoutes = {
  "GET /api/openapi.json": async ({ wiring }) => ({
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
    text: (await madeFor(wiring)).json,
  }),

  "GET /api/docs": async ({ wiring }) => ({
    status: 200,
    headers: { ...pageHeaders(wiring.publicUrl), "content-type": "text/html; charset=utf-8" },
    text: (await madeFor(wiring)).page,
  }),
} satisfies Record<string, Handler>
