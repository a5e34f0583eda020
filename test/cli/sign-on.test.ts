import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { after, before, test } from "node:test"
import { browsing } from "../kit/browsing.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { setUpAdmin } from "../kit/people.ts"
import { type TestServer, startServer } from "../kit/server.ts"
import { addProvider, DEVELOPMENT, loginAt } from "../kit/sign-on.ts"
import { commandLine, type Home, newHome } from "./kit.ts"
import { tokenIn } from "./server.ts"

let server: TestServer
let oidc: OidcServer
let home: Home

before(async () => {
  oidc = await startOidcServer()
  oidc.people["1"] = { preferred_username: "one", groups: ["engineers"] }
  server = await startServer({ env: DEVELOPMENT })
  const admin = await setUpAdmin(server)
  await addProvider(admin, oidc)
  home = newHome({ TYLER_URL: server.publicUrl })
})
after(async () => {
  home[Symbol.dispose]()
  await server.close()
  await oidc.close()
})

interface Waiting {
  readonly url: string
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

/** `tyler login --sso`, up to where it waits for a browser. */
async function waiting(args: readonly string[] = []): Promise<Waiting> {
  const [command = "", ...rest] = commandLine(["login", "--sso", ...args])
  const env = { PATH: process.env["PATH"] ?? "", HOME: home.path, TYLER_URL: server.publicUrl }
  const child = spawn(command, rest, { env, stdio: ["ignore", "pipe", "pipe"] })
  const said = { out: "", err: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text))
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, ...said }))
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.err += text
      const [found] = /http:\/\/\S+/.exec(said.err) ?? []
      if (found !== undefined && said.err.endsWith("\n\n")) resolve(found)
    })
    child.on("close", () => reject(new Error(said.err)))
  })
  return { url, ended }
}

test("the address signs a browser in, the code goes back to the waiting port, and the session is kept", async () => {
  const { url, ended } = await waiting(["acme"])
  const { origin, pathname, searchParams } = new URL(url)
  assert.equal(origin + pathname, `${server.publicUrl}/auth/oidc/acme/start`)
  const port = Number(searchParams.get("port"))
  const browser = browsing()
  const back = await loginAt(browser, url, "1", server)
  assert.ok(back.url.startsWith(`http://127.0.0.1:${port}/?code=`), back.url)

  const elsewhere = await fetch(`http://127.0.0.1:${port}/`)
  assert.equal(elsewhere.status, 404)
  const forged = await fetch(`http://127.0.0.1:${port}/?code=AAAA`)
  assert.equal(forged.status, 400, "somebody else's code changes nothing")
  const renamed = await fetch(back.url.replace("127.0.0.1", "localhost")).catch(() => undefined)
  assert.ok(renamed === undefined || renamed.status === 404, "nor does another name of this machine")

  const page = await fetch(back.url)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /You are signed in/)
  const { code, out, err } = await ended
  assert.equal(code, 0, err)
  assert.match(out, /^Logged in to http/)
  const token = tokenIn(home)
  assert.match(token, /^tys_/)
  for (const text of [out, err, url, back.url]) assert.ok(!text.includes(token))
  const who = await home.tyler(["whoami", "--json"])
  assert.match(who.out, /"username":"one"/)
})

test("the only provider need not be named", async () => {
  const { url, ended } = await waiting(["--json"])
  const back = await loginAt(browsing(), url, "1", server)
  await (await fetch(back.url)).text()
  const { code, out } = await ended
  assert.equal(code, 0)
  assert.deepEqual(Object.keys(JSON.parse(out) as object), ["provider", "expiresAt", "assurance", "file"])
})

test("what does not go together is refused before anything is asked", async () => {
  for (const [args, text] of [
    [["login", "acme"], /for --sso/],
    [["login", "--open"], /for --sso/],
    [["login", "--sso", "other"], /no such provider; there is acme/],
    [["login", "--sso", "--user", "ada"], /neither --user/],
  ] as const) {
    const { code, err } = await home.tyler(args)
    assert.deepEqual([code, text.test(err)], [2, true], err)
  }
})
