import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { ERROR_CODES } from "../../src/core/errors.ts"
import { MATRIX } from "../../src/http/matrix.ts"
import type { Answer } from "../kit/client.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<never>
let page: Answer<unknown>
before(async () => {
  stage = await openStage({})
  page = await stage.server.anonymous.get("/api/docs")
})
after(() => stage.close())

test("the API's page runs nothing and loads nothing but our own style and mark", async () => {
  assert.equal(page.status, 200)
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8")
  assert.match(
    page.headers.get("content-security-policy") ?? "",
    /^default-src 'none'; img-src 'self'; style-src 'self'/,
  )
  assert.ok(!/<script|<style|style=|\son\w+=|javascript:/i.test(page.text))
  const targets = [...page.text.matchAll(/(?:href|src)="([^#"][^"]*)"/g)].map(([, target]) => target ?? "")
  assert.deepEqual([...new Set(targets)].toSorted(), ["/api/openapi.json", "/assets/icon.svg", "/assets/page.css"])
  for (const target of new Set(targets)) assert.equal((await stage.server.anonymous.get(target)).status, 200, target)
})

test("it shows every route and every code, and each link inside it leads somewhere", () => {
  for (const id of Object.keys(MATRIX)) {
    const [method = "", path = ""] = id.split(" ")
    const shown = `<code><span class="method">${method}</span>${path.replaceAll(/:(\w+)/g, "{$1}")}</code>`
    assert.equal(page.text.split(shown).length, 3, `${id} stands in the index and has its section`)
  }
  for (const code of ERROR_CODES) assert.ok(page.text.includes(`<code>${code}</code>`), code)
  const ids = [...page.text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? "")
  assert.equal(new Set(ids).size, ids.length)
  const anchors = [...page.text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? "")
  assert.ok(anchors.length > 100)
  for (const anchor of anchors) assert.ok(ids.includes(anchor), anchor)
  assert.ok(!page.text.includes("undefined") && !page.text.includes("[object"))
})

test("its tags are closed in order", () => {
  const open: string[] = []
  for (const [, close, name = "", rest = ""] of page.text.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)>/g)) {
    if (["meta", "link"].includes(name) || rest.endsWith("/")) continue
    if (close === "") open.push(name)
    else assert.equal(open.pop(), name)
  }
  assert.deepEqual(open, [])
})
