import type { RequestItem } from "../src/api/access-requests.ts"
import { type Client, clientOf } from "../test/kit/client.ts"
import { appCode, enrolApp, STEP_MS, stepUp } from "../test/kit/factors.ts"
import { addPerson, setUpAdmin } from "../test/kit/people.ts"
import { type ServerProcess, startProcess } from "../test/kit/process.ts"
import { createSecret, REASON, secretPath } from "../test/kit/secrets.ts"
import { decisions } from "./approvals/decisions.ts"
import { row } from "./kit.ts"
import { compare, type Figures } from "./reads/compare.ts"
import type { NextRequest } from "./reads/load.ts"
import { readRequest } from "./reads/stage.ts"

/**
 * What an approval adds to a read: under a grant for any number of uses that was asked for with a second factor, beside
 * the same read of a secret without such a row. And what one decision costs in a large company.
 */
const PEOPLE = 16
const SECRETS = 50
const SLICES = 9

async function main(): Promise<void> {
  const server = await startProcess()
  try {
    const tokens = await setStage(server)
    const target = (folder: string) => ({ pid: server.pid, port: server.port, next: readsOf(tokens, folder) })
    const [plain, granted] = (await compare([target("open"), target("guarded")], PEOPLE, SLICES)) as [Figures, Figures]
    const costs = `${granted.cpu.toFixed(0)} us to ${plain.cpu.toFixed(0)} us`
    row("sqlite: CPU of a read under a grant", `${(granted.cpu / plain.cpu).toFixed(2)}x (${costs})`, "at most 1.15x")
  } finally {
    await server.close()
  }
  const { pure, whole } = await decisions({ people: 10_000, policies: 1000, grants: 100_000 })
  const sizes = "10,000 people, 1,000 policies, 100,000 grants"
  row(`decide, ${sizes}`, `${pure.toFixed(1)} us (median)`, "under 50 us")
  row("the same with the grant looked up and checked", `${whole.toFixed(1)} us (median)`, "reported")
}

async function setStage(server: ServerProcess): Promise<readonly string[]> {
  const admin = await setUpAdmin(server)
  const row = { allowedRoles: ["developer", "admin"], maxAccessPerDay: 1_000_000, reason: REASON }
  const guarded = { ...row, requiresMfa: true, requiresApproval: true, grantMinutes: 10_080 }
  await made(admin.post("/api/policies", { ...row, secretPattern: "open/*" }))
  await made(admin.post("/api/policies", { ...guarded, secretPattern: "guarded/*" }))
  const people: Client[] = []
  for (let at = 0; at <= PEOPLE; at++) people.push((await addPerson(admin, `person-${at}`, ["developer"])).client)
  for (let at = 0; at < SECRETS; at++)
    for (const folder of ["open", "guarded"]) await createSecret(admin, nameOf(folder, at), "a database's password")
  const [approver, ...readers] = people as [Client, ...Client[]]
  for (const reader of readers) await grant(reader, approver)
  return readers.map(({ token }) => token ?? "")
}

async function grant(reader: Client, approver: Client): Promise<void> {
  const secrets = Array.from({ length: SECRETS }, (_one, at) => nameOf("guarded", at))
  const { seed } = await enrolApp(reader, Date.now())
  // The next code is good already; the one of now was used up by enrolling.
  const token = await stepUp(reader, "read", secrets, { code: appCode(seed, Date.now() + STEP_MS) })
  const body = { secrets, verb: "read", reason: REASON, uses: null }
  const { id } = await made(reader.post<RequestItem>("/api/access-requests", body, token))
  await made(approver.post(`/api/access-requests/${id}/approve`))
  const read = await clientOf(reader.url, reader.token).post(secretPath(nameOf("guarded", 0), "access"), {
    reason: REASON,
  })
  if (read.status !== 200) throw new Error(read.text)
}

async function made<T>(
  asked: Promise<{ readonly status: number; readonly body: T; readonly text: string }>,
): Promise<T> {
  const { status, body, text } = await asked
  if (status >= 300) throw new Error(text)
  return body
}

function nameOf(folder: string, at: number): string {
  return `${folder}/secret-${at}`
}

function readsOf(tokens: readonly string[], folder: string): NextRequest {
  return (connection, turn) =>
    readRequest(tokens[connection % tokens.length] ?? null, nameOf(folder, (connection * 7 + turn * 11) % SECRETS))
}

await main()
