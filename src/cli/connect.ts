import { type Address, parseAddress } from "../client/address.ts"
import { isProgramToken } from "../client/caller.ts"
import { tylerClient, type TylerClient } from "../client/client.ts"
import { type Call, given, switched, UsageError } from "./command.ts"
import { exchange, keptExchange } from "./exchange.ts"
import { ask, canAsk } from "./prompt.ts"
import { storedToken } from "./token-file.ts"
import type { World } from "./world.ts"

const DEFAULT_URL = "http://localhost:7070"

export function addressOf(call: Call): Address {
  const url = given(call, "url") ?? filled(call.world, "TYLER_URL") ?? DEFAULT_URL
  return parseAddress(url, switched(call, "allow-http"))
}

/** A client for the server that the call names, with TYLER_TOKEN or the stored token for exactly that address. */
export function connect(call: Call, token: string | undefined = tokenFor(call)): TylerClient {
  const allowInsecureHttp = switched(call, "allow-http")
  return tylerClient({
    url: addressOf(call),
    allowInsecureHttp,
    fetch: exchange,
    ...(token === undefined ? {} : { token }),
  })
}

/** The same with connections that are kept, for commands that ask thousands of times. */
export function connectKept(call: Call): TylerClient {
  const url = addressOf(call)
  const token = tokenFor(call)
  return tylerClient({
    url,
    allowInsecureHttp: switched(call, "allow-http"),
    fetch: keptExchange(url),
    ...(token === undefined ? {} : { token }),
  })
}

/** For login and setup, which need no token. */
export function connectAnonymously(call: Call): TylerClient {
  return tylerClient({ url: addressOf(call), allowInsecureHttp: switched(call, "allow-http"), fetch: exchange })
}

function tokenFor(call: Call): string | undefined {
  return filled(call.world, "TYLER_TOKEN") ?? storedToken(call.world, addressOf(call))
}

/** `--reason`, TYLER_REASON, or an answer on the terminal, in this order. Throws UsageError. */
export async function reasonOf(call: Call): Promise<string> {
  const stated = given(call, "reason") ?? filled(call.world, "TYLER_REASON")
  if (stated !== undefined) return stated
  if (canAsk(call.world)) {
    const typed = (await ask(call.world, "Reason")).trim()
    if (typed !== "") return typed
  }
  throw new UsageError("a reason is required: give --reason TEXT or set TYLER_REASON", call.command.words)
}

/** The same for a read: a service account's standing reason will do, so there may be none with its token. */
export async function readReasonOf(call: Call): Promise<string | undefined> {
  const stated = given(call, "reason") ?? filled(call.world, "TYLER_REASON")
  return stated === undefined && isProgramToken(tokenFor(call)) ? undefined : reasonOf(call)
}

/** An empty variable counts as unset. */
function filled(world: World, name: string): string | undefined {
  const value = world.env[name]
  return value === "" ? undefined : value
}
