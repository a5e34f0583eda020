import { parseName } from "../core/name.ts"
import type { Desk } from "./desk.ts"

/** Where a person asks for what a program was refused. @param id a SecretId as it was sent, whatever it is */
export function requestUrl({ publicUrl, place, service }: Desk, id: unknown): string {
  const bare = typeof id === "string" ? withoutArn(id) : ""
  const name = bare.startsWith(`${place.prefix}/`) ? bare.slice(place.prefix.length + 1) : bare
  const secret = "name" in parseName(name, service.settings.nameLimit)
  return `${publicUrl}/request${secret ? `?${new URLSearchParams({ secret: name }).toString()}` : ""}`
}

function withoutArn(id: string): string {
  return id.startsWith("arn:") ? id.replace(/^(?:[^:]*:){6}/, "").replace(/-[A-Za-z0-9]{6}$/, "") : id
}
