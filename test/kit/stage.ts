import type { Client } from "./client.ts"
import { addPerson, type Person, setUpAdmin } from "./people.ts"
import { type ServerOptions, startServer, type TestServer } from "./server.ts"

/** A server with its admin and some people, ready to play a scene. */
export interface Stage<Names extends string> {
  readonly server: TestServer
  readonly admin: Client
  readonly people: Readonly<Record<Names, Person>>
  close(): Promise<void>
}

/**
 * @param roles who there is beside the admin, by user name.
 * ```ts
 * const stage = await openStage({ dev: ["developer"] })
 * after(() => stage.close())
 * await stage.people.dev.client.post(...)
 * ```
 */
export async function openStage<Names extends string = never>(
  roles: Readonly<Record<Names, readonly string[]>>,
  options: ServerOptions = {},
): Promise<Stage<Names>> {
  const server = await startServer(options)
  try {
    const admin = await setUpAdmin(server)
    const people: Partial<Record<Names, Person>> = {}
    for (const name of Object.keys(roles) as Names[]) people[name] = await addPerson(admin, name, roles[name])
    return { server, admin, people: people as Record<Names, Person>, close: () => server.close() }
  } catch (error) {
    await server.close()
    throw error
  }
}
