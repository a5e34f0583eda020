import assert from "node:assert/strict"
import { test } from "node:test"
import { Script } from "node:vm"
import { answerPage, PAGE_PATHS, type PageRules } from "./page-answer.ts"
import {
  approvalsPage,
  approvePage,
  factorsPage,
  loginPage,
  pageAssets,
  pageHeaders,
  setupPage,
  stepUpPage,
} from "./pages.ts"

const LOCAL: PageRules = { publicUrl: "http://localhost:7070", loopback: true, development: false }
const PAGES = [
  setupPage({ development: false }),
  setupPage({ development: true }),
  loginPage({ development: true, cookie: false }),
  loginPage({ development: false, cookie: true }),
  ...[factorsPage, stepUpPage, approvalsPage, approvePage].map((page) => page({ development: true })),
]
const REQUEST = "/approve/3f0c1a52-6e0b-4a0e-9a51-5f6b0f3f7a11"

function get(url: string, host = "localhost:7070", rules: PageRules = LOCAL, cookie?: string) {
  return answerPage({ url, hosts: [host], cookie }, rules)
}

test("the policy lets in nothing but our own files", () => {
  assert.equal(
    pageHeaders(LOCAL.publicUrl)["content-security-policy"],
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  )
})

test("every page and asset carries the same headers", () => {
  for (const path of PAGE_PATHS.map((each) => (each.includes(":") ? REQUEST : each))) {
    const headers = get(path)?.headers ?? {}
    for (const [name, value] of Object.entries(pageHeaders(LOCAL.publicUrl))) assert.equal(headers[name], value, path)
    assert.equal(headers["x-content-type-options"], "nosniff")
    assert.equal(headers["referrer-policy"], "no-referrer")
    assert.equal(headers["cache-control"], "no-store")
  }
})

test("HSTS goes with https, never with http nor on a loopback name", () => {
  const hsts = (url: string): string | undefined => pageHeaders(url)["strict-transport-security"]
  assert.equal(hsts("https://secrets.example"), "max-age=31536000")
  for (const url of ["http://localhost:7070", "https://localhost:7070", "https://127.0.0.1", "https://[::1]:7070"]) {
    assert.equal(hsts(url), undefined, url)
  }
})

test("no page has an inline script, style or handler, or names a foreign file", () => {
  for (const page of PAGES) {
    assert.doesNotMatch(
      page,
      /<style|\sstyle=|\son[a-z]+=|javascript:|https?:\/\/|<script(?! src="\/assets\/[a-z-]+\.js" defer><)/,
    )
    for (const [, file = ""] of page.matchAll(/(?:src|href)="([^"]*)"/g))
      assert.ok(pageAssets[file] ?? (PAGE_PATHS.includes(file) ? file : undefined), file)
  }
})

test("a form cannot be sent without the script: its button starts disabled, its method is post", () => {
  for (const page of PAGES) {
    for (const [form] of page.matchAll(/<form[^>]*>/g))
      assert.match(form, / method="post" action="\/api\/.* novalidate/)
    for (const [button] of page.matchAll(/<button type="submit"[^>]*>/g)) assert.match(button, / disabled>/)
    assert.match(page, /<noscript>/)
  }
})

test("every input has a label, and everything it is described by exists", () => {
  for (const page of PAGES) {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    assert.equal(new Set(ids).size, ids.length, "ids are unique")
    for (const [tag, id] of page.matchAll(/<(?:input|textarea) id="([^"]+)"[^>]*>/g)) {
      assert.ok(page.includes(`<label for="${id}">`), tag)
      for (const by of /aria-describedby="([^"]*)"/.exec(tag)?.[1]?.split(" ") ?? []) assert.ok(ids.includes(by), by)
    }
    assert.match(page, /role="alert"/)
  }
})

test("every script parses, and none writes markup or keeps anything", () => {
  const scripts = Object.entries(pageAssets).filter(([path]) => path.endsWith(".js"))
  assert.ok(scripts.length > 1)
  for (const [path, { body }] of scripts) {
    assert.ok(new Script(body), path)
    assert.doesNotMatch(
      body,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|localStorage|sessionStorage/,
      path,
    )
  }
})

test("only development mode says so", () => {
  assert.match(setupPage({ development: true }), /not for real secrets/)
  assert.doesNotMatch(setupPage({ development: false }), /not for real secrets/)
})

test("a page under another loopback name is sent to PUBLIC_URL, an asset is not", () => {
  const answer = get("/setup", "127.0.0.1:7070")
  assert.deepEqual([answer?.status, answer?.headers["location"]], [302, "http://localhost:7070/setup"])
  assert.equal(get("/assets/page.css", "127.0.0.1:7070")?.status, 200)
  assert.equal(get("/setup")?.status, 200)
  for (const path of [
    "/factors",
    "/approve",
    REQUEST,
    "/step-up?verb=read&secret=config%2Fa&secret=b",
    "/request?secret=config%2Fa",
  ])
    for (const host of ["127.0.0.1:7070", "[::1]:7070", "127.0.0.2:9"]) {
      const sent = get(path, host)
      assert.deepEqual([sent?.status, sent?.headers["location"]], [302, `http://localhost:7070${path}`])
    }
})

test("the root leads to the sign-in page", () => {
  assert.equal(get("/")?.headers["location"], "/login")
  assert.equal(get("/", "[::1]:7070")?.headers["location"], "http://localhost:7070/login")
})

test("a foreign host and an unknown path get no page", () => {
  assert.equal(get("/login", "evil.example"), undefined)
  for (const path of [
    "/nothing",
    "/assets/",
    "/assets/../setup",
    "__proto__",
    "constructor",
    "/setup/",
    "/approve/",
    "/approve/x",
    `${REQUEST}/`,
  ]) {
    assert.equal(get(path), undefined, path)
  }
})

test("who is signed in is asked for only when the browser has a session cookie", () => {
  assert.match(get("/login", undefined, undefined, "tyler=abc")?.body ?? "", /<section id="out" hidden>/)
  for (const cookie of [undefined, "other=abc", "tyler="]) {
    assert.match(get("/login", undefined, undefined, cookie)?.body ?? "", /<section id="out">/)
  }
})

/** WCAG 2.2: relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

test("text stands out from its ground by 4.5 to 1, edges of inputs by 3 to 1, light and dark", () => {
  const style = pageAssets["/assets/page.css"]?.body ?? ""
  const schemes = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) => {
    const colours = [...(body ?? "").matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)]
    return new Map(colours.map(([, name, colour]) => [name, colour]))
  })
  assert.equal(schemes.length, 2)
  const text = [
    "text card",
    "text ground",
    "soft card",
    "accent card",
    "accent ground",
    "on-accent accent",
    "on-accent accent-strong",
    "bad card",
    "bad bad-ground",
    "good good-ground",
    "warn warn-ground",
  ]
  for (const scheme of schemes) {
    const ratio = (pair: string): number => {
      const [above = "", below = ""] = pair.split(" ").map((name) => scheme.get(name))
      return contrast(above, below)
    }
    for (const pair of text) assert.ok(ratio(pair) >= 4.5, `${pair} ${ratio(pair)}`)
    assert.ok(ratio("edge card") >= 3)
  }
})
