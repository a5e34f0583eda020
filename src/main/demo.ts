import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { verifyExport } from "../audit/verify.ts"
import { systemClock } from "../core/clock.ts"
import { systemRandom } from "../core/random.ts"
import { totpCode, totpStep } from "../identity/totp.ts"
import { start } from "./compose.ts"
import { parseConfig } from "./config.ts"

/**
 * The main job, end to end, over real HTTP in a fresh folder: a secret is stored, refused, read under policy by another
 * person, a guarded one with an approval and a second factor, and all of it proved in an offline-verified log. Exits 0
 * only if every step did what it says.
 */
const PASSWORDS = {
  ada: "correct-cedar-lantern-42",
  dev: "quiet-harbour-violin-17",
  fin: "amber-window-thistle-93",
  gil: "copper-meadow-lantern-58",
}

interface Said {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function demo(keep: boolean): Promise<void> {
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), "tyler-demo-"))
  const parsed = parseConfig({ TYLER_DATA_DIR: join(folder, "data"), PORT: "0", LOG_LEVEL: "error" })
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"))
  const server = await start(parsed.config, systemClock, systemRandom)
  say(`Tyler Setup is up at ${server.url} (data in ${folder})\n`)
  try {
    await tour(server.url, server.setupToken ?? "", folder)
    say(`\nDone in ${((performance.now() - began) / 1000).toFixed(1)} s.`)
    if (keep) await serveUntilStopped(server.url)
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function tour(url: string, setupToken: string, folder: string): Promise<void> {
  const call = caller(url)
  title("1. The first admin is set up with the token the server printed, and adds three colleagues")
  const setup = { token: setupToken, username: "ada", password: PASSWORDS.ada }
  const ada = String((await call("POST", "/api/setup", null, setup, 201)).body["token"])
  await call("POST", "/api/users", ada, { username: "dev", password: PASSWORDS.dev, roles: ["developer"] }, 201)
  await call("POST", "/api/users", ada, { username: "fin", password: PASSWORDS.fin, roles: ["finance"] }, 201)
  await call("POST", "/api/users", ada, { username: "gil", password: PASSWORDS.gil, roles: ["finance"] }, 201)

  title("2. The admin stores a secret")
  const secret = { name: "test-secret", category: "config", value: { user: "app", password: "s3cr3t-value" } }
  await call("POST", "/api/secrets", ada, { ...secret, description: "Demo database login" }, 201)

  title("3. Somebody from finance asks for it: the policy for config/* refuses, and says which rule did")
  const path = "/api/secrets/config/test-secret/access"
  const fin = await logIn(call, "fin", PASSWORDS.fin)
  await call("POST", path, fin, { reason: "Looking for the database login", unmask: true }, 403)

  title("4. A developer asks without a real reason, then with one (masked), then for the value itself")
  const dev = await logIn(call, "dev", PASSWORDS.dev)
  await call("POST", path, dev, { reason: "because" }, 400)
  await call("POST", path, dev, { reason: "Testing secret access functionality" }, 200)
  const read = await call("POST", path, dev, { reason: "Deploying release 42 to staging", unmask: true }, 200)

  await guarded(call, ada, fin)

  title("6. The auditor's part: export the log, then verify it with no server and no secret")
  const exported = await fetch(`${url}/api/audit/export`, { headers: { authorization: `Bearer ${ada}` } })
  const lines = await exported.text()
  const key = String((await call("GET", "/api/audit/key", null, undefined, 200)).body["key"])
  writeFileSync(join(folder, "audit.ndjson"), lines)
  const receipt = read.body["receipt"] as { index: number; checkpoint: string }
  const verdict = await verifyExport(lines.split("\n").slice(0, -1), { key, checkpoint: receipt.checkpoint })
  if (!verdict.ok) throw new Error(`the log does not verify: ${JSON.stringify(verdict)}`)
  say(`   ok: ${verdict.entries} entries, and the reader's own receipt (entry ${receipt.index}) lies in this very log`)
  say(`   approvals checked against what was asked: ${verdict.approvals}`)

  const tampered = lines.replace("Deploying release 42", "Deploying release 43")
  const found = await verifyExport(tampered.split("\n").slice(0, -1), { key })
  if (found.ok) throw new Error("a changed entry went unnoticed")
  say(`   one character changed in a copy: ${JSON.stringify(found)}`)
}

/** Policy asks for an approval and a second factor on financial/*: a colleague allows one use, an app's code opens it. */
async function guarded(call: Call, ada: string, fin: string): Promise<void> {
  title("5. The ledger of finance: a colleague's approval and a second factor, for one read")
  await call("POST", "/api/secrets", ada, { name: "ledger", category: "financial", value: "balance 4711.08" }, 201)
  const path = "/api/secrets/financial/ledger/access"
  const begun = await call("POST", "/api/me/factors/totp", fin, undefined, 200)
  const app = appOf(String(begun.body["uri"]))
  const enrolment = { enrolment: begun.body["enrolment"], code: app(0), label: "phone", password: PASSWORDS.fin }
  await call("POST", "/api/me/factors/totp/confirm", fin, enrolment, 201)
  await call("POST", path, fin, { reason: "Closing the books of November", unmask: true }, 403)
  const ask = { secrets: ["financial/ledger"], verb: "read", reason: "Closing the books of November", minutes: 15 }
  const { id } = (await call("POST", "/api/access-requests", fin, ask, 201)).body
  const gil = await logIn(call, "gil", PASSWORDS.gil)
  await call("POST", `/api/access-requests/${String(id)}/approve`, gil, undefined, 200)
  const shown = { verb: "read", secrets: ["financial/ledger"], code: app(1) }
  const token = String((await call("POST", "/api/auth/verify", fin, shown, 200)).body["token"])
  const read = { reason: "Closing the books of November", unmask: true }
  await call("POST", path, fin, read, 200, { "x-verification-token": token })
  await call("POST", path, fin, read, 403, { "x-verification-token": token })
}

/** The code that the app of this seed shows now, or some steps later. */
function appOf(uri: string): (later: number) => string {
  const seed = new URL(uri).searchParams.get("secret") ?? ""
  const bits = Array.from(seed, (char) => BASE32.indexOf(char).toString(2).padStart(5, "0")).join("")
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  return (later) => totpCode(bytes, totpStep(systemClock.now()) + later)
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

type Call = (
  method: string,
  path: string,
  token: string | null,
  body: object | undefined,
  expected: number,
  headers?: Readonly<Record<string, string>>,
) => Promise<Said>

function caller(url: string): Call {
  return async (method, path, token, body, expected, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as Record<string, unknown>
    say(`-> ${method} ${path} ${body === undefined ? "" : JSON.stringify(hidden(body))}`)
    say(`<- ${response.status} ${JSON.stringify(hidden(answer))}`)
    if (response.status !== expected) throw new Error(`expected ${expected}, not ${response.status}`)
    return { status: response.status, body: answer }
  }
}

/** Tokens, passwords, seeds and codes are not printed, not even here. */
function hidden(body: object): object {
  const secret = ["token", "password", "enrolment", "secret", "uri"]
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      secret.includes(key) || (key === "code" && /^\d{6}$/.test(String(value)))
        ? "..."
        : key === "receipt"
          ? shortReceipt(value as object)
          : (value as unknown),
    ]),
  )
}

function shortReceipt(receipt: object): object {
  return { ...receipt, checkpoint: "..." }
}

async function logIn(call: Call, username: string, password: string): Promise<string> {
  return String((await call("POST", "/api/auth/login", null, { username, password }, 200)).body["token"])
}

async function serveUntilStopped(url: string): Promise<void> {
  say(
    `\nStill serving at ${url}. People: ${Object.entries(PASSWORDS)
      .map(([name, password]) => `${name} / ${password}`)
      .join(", ")}`,
  )
  say("Stop with Ctrl-C; the folder is removed then.")
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve())
    process.once("SIGTERM", () => resolve())
  })
}

function title(text: string): void {
  say(`\n${text}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

await demo(process.argv.includes("--serve"))
