import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { after, before, test } from "node:test"
import { type Browser, chromium, type Page } from "playwright-core"
import type { MeAnswer } from "../../src/api/auth.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { addProvider, DEVELOPMENT } from "../kit/sign-on.ts"
import { addPerson, PASSWORD } from "../kit/people.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const USUAL = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
const executablePath = [process.env["TYLER_TEST_CHROMIUM"], ...USUAL].find((path) => path && existsSync(path))
const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("chromium")
const skip = executablePath === undefined && !required ? "chromium" : false

let stage: Stage<never>
let oidc: OidcServer
let browser: Browser

before(async () => {
  if (skip) return
  oidc = await startOidcServer()
  oidc.people["1"] = { preferred_username: "one", groups: ["engineers"] }
  oidc.people["2"] = { preferred_username: "two" }
  stage = await openStage({}, { env: DEVELOPMENT })
  await addProvider(stage.admin, oidc, { label: "Acme <b>& Sons</b>" })
  browser = await chromium.launch({ executablePath: executablePath ?? "chromium", args: ["--no-sandbox"] })
})
after(async () => {
  if (skip) return
  await browser.close()
  await stage.close()
  await oidc.close()
})

/** A fresh profile; fails on anything that the page's policy blocked or its script threw. */
async function withPage(run: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const complaints: string[] = []
  page.on("pageerror", (error) => complaints.push(String(error)))
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text())
  })
  try {
    await run(page)
    assert.deepEqual(complaints, [])
  } finally {
    await context.close()
  }
}

const login = () => `${stage.server.publicUrl}/login`

async function throughProvider(page: Page, sub: string): Promise<void> {
  await page.click("#providers a")
  await page.fill("input[name=sub]", sub)
  await page.click("button:not([name])")
}

test("the button leads to the provider and back, signed in; a reload too", { skip }, async () => {
  await withPage(async (page) => {
    await page.goto(login())
    await page.waitForSelector("#providers", { state: "visible" })
    assert.equal(await page.locator("#providers a").innerText(), "Sign in with Acme <b>& Sons</b>")
    await throughProvider(page, "1")
    await page.waitForSelector("#in", { state: "visible" })
    assert.equal(page.url(), login(), "no fragment is left")
    assert.match(await page.locator("#in").innerText(), /one[\s\S]*developer/)
    const cookies = await page.context().cookies(stage.server.publicUrl)
    assert.deepEqual(
      cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
      [["tyler", true, "Strict"]],
      "and the sign-on's own cookie is gone",
    )
    const me = await page.evaluate("fetch('/api/me').then((answer) => answer.json())")
    assert.equal((me as MeAnswer).username, "one")
    await page.reload()
    await page.waitForSelector("#in", { state: "visible" })
    await page.click("#logout")
    await page.waitForSelector("#out", { state: "visible" })
  })
})

test("the page that sent here is gone back to, over the provider too", { skip }, async () => {
  await withPage(async (page) => {
    await page.goto(`${login()}?next=${encodeURIComponent("/factors")}`)
    await page.waitForSelector("#providers", { state: "visible" })
    await throughProvider(page, "1")
    await page.waitForURL(`${stage.server.publicUrl}/factors`)
    await page.goto(login())
    await page.waitForSelector("#in", { state: "visible" })
    assert.equal(page.url(), login(), "once")
  })
})

test("a person links a provider on the page of factors, signs in by it, and unlinks it", { skip }, async () => {
  oidc.people["3"] = { preferred_username: "three", groups: ["engineers"] }
  const dora = await addPerson(stage.admin, "dora", ["developer"])
  await withPage(async (page) => {
    const signIn = async (): Promise<void> => {
      await page.goto(`${login()}?next=/factors`)
      await page.fill("#username", "dora")
      await page.fill("#password", PASSWORD)
      await page.click("#login button[type=submit]")
      await page.waitForSelector("#link-buttons button")
    }
    await signIn()
    await page.click("#link-buttons button")
    await page.fill("#owner-password", "not the password at all")
    await page.click("#owner-form button[type=submit]")
    await page.locator(".problem:visible", { hasText: "password is wrong" }).waitFor()
    await page.click("#link-buttons button")
    await page.fill("#owner-password", PASSWORD)
    await page.click("#owner-form button[type=submit]")
    await page.fill("input[name=sub]", "3")
    await page.click("button:not([name])")
    await page.waitForURL(login())
    await page.locator("#in-title", { hasText: "The sign-on is linked to your account" }).waitFor()
    await page.click("#logout")
    await page.click("#providers a")
    await page.waitForSelector("#in", { state: "visible" })
    const me = await page.evaluate("fetch('/api/me').then((answer) => answer.json())")
    assert.deepEqual([(me as MeAnswer).id, (me as MeAnswer).username], [dora.id, "dora"])
    await page.click("#logout")
    await signIn()
    assert.match(await page.locator("#links li").innerText(), new RegExp(`${oidc.issuer}[^]*3, since`))
    await page.click("#links button")
    await page.fill("#owner-password", PASSWORD)
    await page.click("#owner-form button[type=submit]")
    await page.locator("#notice", { hasText: "is unlinked" }).waitFor()
    assert.equal(await page.locator("#links li").count(), 0)
  })
})

test("a refusal is said in words of the server's own", { skip }, async () => {
  await withPage(async (page) => {
    await page.goto(login())
    await throughProvider(page, "2")
    await page.waitForSelector("#problem:not(:empty)")
    assert.match(await page.locator("#problem").innerText(), /gives you a role here/)
    assert.equal(page.url(), login())
    for (const fragment of ["#refused=<b>x</b>", "#refused=constructor", "#refused=", "#x"]) {
      await page.goto("about:blank")
      await page.goto(login() + fragment)
      await page.waitForSelector("#providers", { state: "visible" })
      assert.equal(await page.locator("#problem").innerText(), "")
    }
  })
})
