import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { type Browser, type BrowserContextOptions, type CDPSession, chromium, type Page } from "playwright-core"

const USUAL = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
const executablePath = [process.env["TYLER_TEST_CHROMIUM"], ...USUAL].find((path) => path && existsSync(path))
const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("chromium")

/** What a test that wants a browser is skipped for; false where there is one, or must be. */
export const noBrowser = executablePath === undefined && !required ? "chromium" : false

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath ?? "chromium", args: ["--no-sandbox"] })
}

/** Runs with a fresh browser profile and fails on anything the page's policy blocked or its script threw. */
export async function withPage(
  browser: Browser,
  run: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext(options)
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

/** A passkey in the browser itself, whose user is there and is verified at once. */
export async function addAuthenticator(page: Page): Promise<{ readonly cdp: CDPSession; readonly id: string }> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send("WebAuthn.enable")
  const { authenticatorId: id } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { cdp, id }
}
