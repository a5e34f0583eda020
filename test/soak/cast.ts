import { clientOf, type Client } from "../kit/client.ts"
import { addPerson, setUpAdmin } from "../kit/people.ts"
import type { ServerProcess } from "../kit/process.ts"
import { REASON } from "../kit/secrets.ts"

/** Who acts in a campaign; tokens outlive the server that gave them. */
export interface Cast {
  readonly admin: string
  readonly readers: readonly string[]
}

/** An admin, some developers, and a policy that lets both do everything below `soak/`. */
export async function enter(server: ServerProcess, readers: number): Promise<Cast> {
  const admin = await setUpAdmin(server)
  const tokens: string[] = []
  for (let at = 0; at < readers; at++)
    tokens.push((await addPerson(admin, `reader-${at}`, ["developer"])).client.token ?? "")
  await policy(admin, "soak/*", {})
  return { admin: admin.token ?? "", readers: tokens }
}

/** No daily limit unless `more` has one: what is left out of a row is 10. @returns the row's id */
export async function policy(admin: Client, secretPattern: string, more: object): Promise<string> {
  const body = { secretPattern, allowedRoles: ["admin", "developer"], maxAccessPerDay: null, reason: REASON, ...more }
  const answer = await admin.post<{ id: string }>("/api/policies", body)
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body.id
}

export function at(server: ServerProcess, token: string): Client {
  return clientOf(server.url, token)
}
