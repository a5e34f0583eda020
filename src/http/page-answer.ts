import { readCookie, sessionCookie } from "./browser.ts"
import { type HostRules, judgeHost, pageRedirect } from "./hosts.ts"
import { loginPage, pageAssets, pageHeaders, setupPage } from "./pages.ts"

export interface PageRequest {
  /** Without query; one of `PAGE_PATHS`. */
  readonly path: string
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

const PAGES = ["/", "/login", "/setup"]

/** Everything that is answered here, by GET and HEAD and to anybody. */
export const PAGE_PATHS: readonly string[] = [...PAGES, ...Object.keys(pageAssets)]

/** The whole answer to a browser's request for a page or an asset; undefined for a host or a path that is not ours. */
export function answerPage(request: PageRequest, rules: PageRules): PageAnswer | undefined {
  const headers = pageHeaders(rules.publicUrl)
  const asset = Object.hasOwn(pageAssets, request.path) ? pageAssets[request.path] : undefined
  if (asset !== undefined) return { status: 200, headers: { ...headers, "content-type": asset.type }, body: asset.body }
  const verdict = judgeHost(request.hosts, rules)
  if ("refused" in verdict || !PAGES.includes(request.path)) return undefined
  const path = request.path === "/" ? "/login" : request.path
  const elsewhere = pageRedirect(verdict.host, path, rules.publicUrl) ?? (path === request.path ? undefined : path)
  if (elsewhere !== undefined) return { status: 302, headers: { ...headers, location: elsewhere }, body: "" }
  const { development } = rules
  const cookie = readCookie(request.cookie, sessionCookie(rules.publicUrl)) !== undefined
  const body = path === "/setup" ? setupPage({ development }) : loginPage({ development, cookie })
  return { status: 200, headers: { ...headers, "content-type": "text/html; charset=utf-8" }, body }
}
