import { TylerError } from "../core/errors.ts"
import { ADMIN, AUDITOR, type Principal } from "../core/principal.ts"
import type { Caller } from "./service.ts"

/** A role that may read the metrics and, if no policy names it, nothing else: what a scraper's account gets. */
export const METRICS_ROLE = "metrics"
const ROLES: readonly string[] = [ADMIN, AUDITOR, METRICS_ROLE]

/**
 * Admits those who may read the metrics. They are asked for most when the database is gone: then the caller counts as
 * last seen, since the numbers hold nothing that a role lost a moment ago would have to protect.
 */
export async function admitToMetrics(caller: Caller): Promise<void> {
  const { roles } = await lastSeen(caller)
  if (!roles.some((role) => ROLES.includes(role)))
    throw new TylerError("forbidden", { requires: `role ${ROLES.join(", ")}` })
}

async function lastSeen(caller: Caller): Promise<Principal> {
  try {
    return await caller.refresh()
  } catch (error) {
    if (error instanceof TylerError && error.code === "unavailable") return caller.principal
    throw error
  }
}
