import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { browsing } from "../kit/browsing.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { setUpAdmin } from "../kit/people.ts"
import { type ReplicaSet, replicaSet } from "../kit/replicas.ts"
import type { TestServer } from "../kit/server.ts"
import { addProvider, DEVELOPMENT } from "../kit/sign-on.ts"

const skip = (await postgresAnswers()) ? false : "postgres"
let oidc: OidcServer
let replicas: ReplicaSet
let one: TestServer
let other: TestServer

before(async () => {
  if (skip) return
  oidc = await startOidcServer()
  oidc.people["1"] = { preferred_username: "one", groups: ["engineers"] }
  replicas = await replicaSet()
  // One name for both, as behind a load balancer: the provider sends everybody back to it.
  one = await replicas.start(0, { env: DEVELOPMENT })
  const env = { ...DEVELOPMENT, PUBLIC_URL: one.publicUrl, TRUSTED_PROXIES: "127.0.0.1" }
  other = await replicas.start(1, { env })
  await addProvider(await setUpAdmin(one), oidc)
})
after(async () => {
  if (skip) return
  await replicas[Symbol.asyncDispose]()
  await oidc.close()
})

/** Up to the provider's answer, which the browser holds back: where it would go, and the cookie it would send. */
async function upToCallback(): Promise<{ readonly path: string; readonly cookie: string }> {
  const browser = browsing()
  const here = (at: string) => at.startsWith(one.publicUrl) && at.includes("/callback")
  const login = await browser.go(`${one.publicUrl}/auth/oidc/acme/start`)
  const back = await browser.go(login.url, { form: { sub: "1" }, stop: here })
  const kept = browser.cookies(one.publicUrl).get("tyler-sign-on") ?? ""
  const { pathname, search } = new URL(back.url)
  return { path: pathname + search, cookie: `tyler-sign-on=${kept}` }
}

function callBack(server: TestServer, { path, cookie }: { path: string; cookie: string }): Promise<string> {
  const headers = { cookie, host: new URL(one.publicUrl).host }
  return fetch(server.url + path, { headers, redirect: "manual" }).then((answer) => {
    return new URL(answer.headers.get("location") ?? "/", one.publicUrl).hash
  })
}

test("a sign-on that one replica began ends at the other", { skip }, async () => {
  assert.equal(await callBack(other, await upToCallback()), "#signed-in")
})

test("a callback sent to both at once, many times, signs in once", { skip }, async () => {
  const callback = await upToCallback()
  const ends = await Promise.all(Array.from({ length: 20 }, (_, at) => callBack(at % 2 === 0 ? one : other, callback)))
  assert.equal(ends.filter((end) => end === "#signed-in").length, 1, ends.join(" "))
})
