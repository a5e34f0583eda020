import type { TylerClient } from "../client/client.ts"

/** The id of a person who is named by user name or by id. Who is not found goes on as given: the server answers for him. */
export async function userId(client: TylerClient, user: string): Promise<string> {
  for await (const { id, username } of client.users.list()) if (username === user || id === user) return id
  return user
}
