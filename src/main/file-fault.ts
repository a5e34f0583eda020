import { StartFault } from "../core/start-fault.ts"
import { TylerError } from "../core/errors.ts"

/** One line for what the file system or the database says; anything else as it is. */
export function fileFault(error: unknown, what: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (error instanceof TylerError) {
    const { cause } = error.facts
    return typeof cause === "string" ? new StartFault(`${what} (${cause})`) : error
  }
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? new StartFault(`${what} (${code})`) : error
}
