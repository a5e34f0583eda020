import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Browser, Page } from "playwright-core"
import type { RequestItem } from "../../src/api/access-requests.ts"
import { exportLog, verdictOn } from "../kit/audit.ts"
import { addAuthenticator, noBrowser as skip, openBrowser, withPage } from "../kit/browser.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { PASSWORD } from "../kit/people.ts"
import { type Receiver, startReceiver, until } from "../kit/receiver.ts"
import { createSecret, secretPath } from "../kit/secrets.ts"
import { addProvider } from "../kit/sign-on.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { webhookEnvironment } from "../kit/webhook.ts"

/**
 * The story of docs/approvals.md in one piece, with a real provider, a real browser and nothing prepared past the
 * pages: asked for, told, signed with a passkey, stepped up, read once, refused, verified offline.
 */
const LEDGER = "financial/ledger"
const REASON = "Closing the books of November"

let oidc: OidcServer
let receiver: Receiver
let stage: Stage<"gil" | "otto">
let browser: Browser

before(async () => {
  if (skip) return
  oidc = await startOidcServer()
  oidc.people["7"] = { preferred_username: "fin", department: "Finance" }
  receiver = await startReceiver()
  stage = await openStage({ gil: ["finance"], otto: ["auditor"] }, { env: webhookEnvironment(receiver.url) })
  await addProvider(stage.admin, oidc)
  await createSecret(stage.admin, LEDGER, "balance 4711.08")
  browser = (await openBrowser()) ?? assert.fail("no browser")
})
after(async () => {
  if (skip) return
  await browser.close()
  await stage.close()
  await receiver[Symbol.asyncDispose]()
  await oidc.close()
})

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** As a program in the page would, with the browser's own session. */
function call(page: Page, path: string, body: object, headers: object = {}): Promise<Answer> {
  const options = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  }
  const code = `fetch(${JSON.stringify(path)}, ${JSON.stringify(options)})
    .then(async (answer) => ({ status: answer.status, body: await answer.json() }))`
  return page.evaluate<Answer>(code)
}

const at = (path: string) => `${stage.server.publicUrl}${path}`

async function signInAtProvider(page: Page): Promise<void> {
  await page.goto(at("/login"))
  await page.click("#providers a")
  await page.fill("input[name=sub]", "7")
  await page.click("button:not([name])")
  await page.waitForSelector("#in", { state: "visible" })
}

async function signInHere(page: Page, name: string, next: string): Promise<void> {
  await page.goto(at(`/login?next=${encodeURIComponent(next)}`))
  await page.fill("#username", name)
  await page.fill("#password", PASSWORD)
  await page.click("#login button[type=submit]")
  await page.waitForURL(at(next))
}

async function addPasskey(page: Page, password: string | undefined): Promise<void> {
  await addAuthenticator(page)
  await page.goto(at("/factors"))
  await page.click("#add-passkey")
  await page.fill("#passkey-name", "laptop")
  if (password !== undefined) await page.fill("#passkey-password", password)
  await page.click("#passkey-form button[type=submit]")
  await page.waitForSelector("#factors li")
}

async function stepUpToken(page: Page): Promise<string> {
  await page.goto(at(`/step-up?verb=read&secret=${encodeURIComponent(LEDGER)}`))
  await page.click("[data-passkey]")
  await page.waitForSelector("#done", { state: "visible" })
  await page.click("#reveal")
  return page.locator("#token").innerText()
}

const read = (page: Page, token?: string): Promise<Answer> =>
  call(
    page,
    secretPath(LEDGER, "access"),
    { reason: REASON, unmask: true },
    token === undefined ? {} : { "x-verification-token": token },
  )

/** What a colleague does who was told: opens the link and signs. */
async function approveByPage(link: string): Promise<void> {
  await withPage(browser, async (page) => {
    await signInHere(page, "gil", "/factors")
    await addPasskey(page, PASSWORD)
    await page.goto(link)
    await page.waitForSelector("#decide", { state: "visible" })
    assert.match(await page.locator("main").innerText(), /fin asks to read financial\/ledger/)
    await page.click("#approve-form [data-passkey]")
    await page.locator("#notice", { hasText: /^Approved/ }).waitFor()
  })
}

test("asked for, told, approved with a passkey, stepped up, read once, refused, and verified offline", {
  skip,
}, async () => {
  await withPage(browser, async (page) => {
    await signInAtProvider(page)
    await addPasskey(page, undefined)
    const refused = await read(page)
    assert.deepEqual([refused.status, refused.body["missing"]], [403, ["approval", "verification"]])

    const asked = await call(page, "/api/access-requests", { secrets: [LEDGER], verb: "read", reason: REASON })
    assert.equal(asked.status, 201, JSON.stringify(asked.body))
    const { id } = asked.body as unknown as RequestItem
    const told = () => receiver.posts.map(({ body }) => JSON.parse(body) as { link: string | null; kind: string })
    await until("the notification", () => told().some(({ link }) => link?.endsWith(id) === true))
    const { link } = told().find((one) => one.link?.endsWith(id)) ?? {}
    assert.equal(link, at(`/approve/${id}`))
    await approveByPage(link ?? "")

    const delivered = await read(page, await stepUpToken(page))
    assert.deepEqual([delivered.status, delivered.body["value"]], [200, "balance 4711.08"])
    const again = await read(page, await stepUpToken(page))
    assert.deepEqual([again.status, again.body["code"]], [403, "approval_required"])
  })
  const verdict = await verdictOn(await exportLog(stage.people.otto.client))
  assert.ok(verdict.ok, JSON.stringify(verdict))
  assert.deepEqual([verdict.approvals, verdict.signatures], [1, 1])
})
