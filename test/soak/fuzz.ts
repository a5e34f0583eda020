import { ERROR_CODES } from "../../src/core/errors.ts"
import { MATRIX } from "../../src/http/matrix.ts"
import { EXAMPLES } from "../../src/http/openapi/examples.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { jsonOf, type RawAnswer, type RawRequest, sendRequest } from "../kit/raw.ts"
import { createSecret } from "../kit/secrets.ts"
import { type Campaign, type Outcome, pick, type Setting } from "./campaign.ts"
import { at, enter } from "./cast.ts"
import { install } from "./installation.ts"
import { nastyBody, nastyLines, nastySegment } from "./nasty.ts"

const CANARY = "canary-value-that-no-refusal-may-hold"
const NAME = "soak/fuzzed"
const AT_ONCE = 16

/** Routes that would end the campaign's own sessions. */
const SPARED: ReadonlySet<string> = new Set(["POST /api/auth/logout", "POST /api/me/password"])
/** Routes that may answer a value. */
const DISCLOSING = /^POST \/api\/secrets\/(?:access|\{name\}\/access)$/

/**
 * Every route with odd paths, queries, headers and bodies, most of them one step from a good one. Each gets a clear
 * answer of the closed set, never 500 or 503 or none; no refusal holds a value; afterwards all is as it was.
 */
export const fuzz: Campaign = {
  engines: ["sqlite", "postgres"],
  rounds: 20_000,
  async run({ engine, rounds, draw, progress }: Setting): Promise<Outcome> {
    await using home = await install(engine)
    const server = await home.start()
    const cast = await enter(server, 1)
    const admin = at(server, cast.admin)
    await createSecret(admin, NAME, CANARY)
    const reader = cast.readers[0] ?? ""
    const tokens = [...Array<string>(8).fill(cast.admin), ...Array<string>(8).fill(reader), null, "not-a-token"]
    const violations: string[] = []
    const statuses = new Map<number, number>()

    async function one(): Promise<void> {
      const route = pick(draw, ROUTES)
      const request = requestOf(route, draw, pick(draw, tokens))
      const answer = await sendRequest(server.port, request).catch((error: unknown) => String(error))
      const fault = typeof answer === "string" ? answer : faultIn(route, answer)
      if (typeof answer !== "string") statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (fault !== undefined) violations.push(`${fault}: ${JSON.stringify(request).slice(0, 300)}`)
    }

    for (let sent = 0; sent < rounds; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, rounds - sent) }, one))
      if (sent % 2000 === 0) progress(`${sent} requests, ${violations.length} violations`)
    }
    if ((await server.anonymous.get("/api/health")).status !== 200) violations.push("it no longer answers")
    const verdict = await verdictOn(await exportLog(admin))
    if (!verdict.ok) violations.push(`the log does not verify: ${JSON.stringify(verdict.faults)}`)
    if (server.output().stderr.includes(CANARY)) violations.push("the value stands in the process's own log")
    return { checked: `answers by status: ${tally(statuses)}`, violations }
  },
}

const ROUTES = Object.keys(MATRIX).filter((route) => !SPARED.has(route))

function tally(statuses: ReadonlyMap<number, number>): string {
  return [...statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${count} x ${status}`)
    .join(", ")
}

function requestOf(route: string, draw: () => number, token: string | null): RawRequest {
  const [method = "", pattern = ""] = route.split(" ")
  const odd = draw()
  const path = pattern.replaceAll(/:\w+|\{name\}/g, (slot) =>
    draw() < 0.5 && slot === "{name}" ? NAME : nastySegment(draw),
  )
  const query = draw() < 0.2 ? `?${nastySegment(draw)}=${nastySegment(draw)}` : ""
  const example = EXAMPLES[route as keyof typeof EXAMPLES]?.send
  return {
    method: odd < 0.03 ? pick(draw, ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"]) : method,
    path: path + query,
    token,
    lines: draw() < 0.1 ? nastyLines(draw) : [],
    body: example === undefined && draw() < 0.8 ? undefined : nastyBody(draw, (example ?? {}) as object),
  }
}

function faultIn(route: string, answer: RawAnswer): string | undefined {
  if (answer.status === 0) return "no answer"
  if (answer.status >= 500) return `answered ${answer.status}`
  const refused = answer.status >= 400
  if (answer.text.includes(CANARY) && (refused || !DISCLOSING.test(route))) return `the value, with ${answer.status}`
  if (!refused || answer.text === "") return undefined
  const code = jsonOf(answer)?.["code"]
  return ERROR_CODES.some((known) => known === code) ? undefined : `${answer.status} with the code ${String(code)}`
}
