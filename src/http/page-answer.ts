import { readCookie, sessionCookie } from "./browser.ts"
import { type HostRules, judgeHost, pageRedirect } from "./hosts.ts"
import {
  approvalsPage,
  approvePage,
  factorsPage,
  loginPage,
  pageAssets,
  pageHeaders,
  requestPage,
  setupPage,
  stepUpPage,
} from "./pages.ts"

export interface PageRequest {
  /** As in the request line: path and query. */
  readonly url: string
  /** Every Host header, as `judgeHost` takes them. */
  readonly hosts: readonly string[] | undefined
  readonly cookie: string | undefined
}

export interface PageRules extends HostRules {
  readonly development: boolean
}

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface PageFacts {
  readonly development: boolean
  /** The request carries a session cookie. */
  readonly cookie: boolean
}

/** By path. They hold no data: what they show comes from the API. */
const PAGES: Readonly<Record<string, (facts: PageFacts) => string>> = {
  "/login": loginPage,
  "/setup": setupPage,
  "/factors": factorsPage,
  "/step-up": stepUpPage,
  "/approve": approvalsPage,
  "/request": requestPage,
}

/** Of a request's own page: ids as `random.uuid` makes them. */
const ID = "[0-9a-f-]{36}"
const REQUEST_PAGE = new RegExp(`^/approve/${ID}$`)

/** Everything that is answered here, by GET and HEAD and to anybody, in the router's spelling. */
export const PAGE_PATHS: readonly string[] = [
  "/",
  ...Object.keys(PAGES),
  `/approve/:id(^${ID}$)`,
  ...Object.keys(pageAssets),
]

/** The whole answer to a browser's request for a page or an asset; undefined for a host or a path that is not ours. */
export function answerPage(request: PageRequest, rules: PageRules): PageAnswer | undefined {
  const headers = pageHeaders(rules.publicUrl)
  const path = request.url.split("?", 1)[0] ?? ""
  const asset = Object.hasOwn(pageAssets, path) ? pageAssets[path] : undefined
  if (asset !== undefined) return { status: 200, headers: { ...headers, "content-type": asset.type }, body: asset.body }
  const verdict = judgeHost(request.hosts, rules)
  const page = pageOf(path)
  if ("refused" in verdict || page === undefined) return undefined
  const here = path === "/" ? "/login" : request.url
  const elsewhere = pageRedirect(verdict.host, here, rules.publicUrl) ?? (path === "/" ? here : undefined)
  if (elsewhere !== undefined) return { status: 302, headers: { ...headers, location: elsewhere }, body: "" }
  const cookie = readCookie(request.cookie, sessionCookie(rules.publicUrl)) !== undefined
  const body = page({ development: rules.development, cookie })
  return { status: 200, headers: { ...headers, "content-type": "text/html; charset=utf-8" }, body }
}

function pageOf(path: string): ((facts: PageFacts) => string) | undefined {
  if (path === "/") return loginPage
  if (REQUEST_PAGE.test(path)) return approvePage
  return Object.hasOwn(PAGES, path) ? PAGES[path] : undefined
}
