import {
  DeleteBody,
  DeletedAnswer,
  KeptAnswer,
  MetadataAnswer,
  PatchBody,
  PutBody,
  RestoreBody,
  RollbackBody,
  VersionsAnswer,
  WrittenAnswer,
} from "../../api/secrets.ts"
import type { Contract } from "../contract.ts"

/** Refusals of what is asked of a secret that is not about to be deleted. */
const LIVE = ["not_found", "secret_pending_deletion", "verification_required"] as const
const CHANGE = ["invalid_reason", ...LIVE] as const

export const lifecycleContracts = {
  "GET /api/secrets/{name}/metadata": { answers: { 200: MetadataAnswer }, refuses: ["not_found"] },
  "GET /api/secrets/{name}/versions": {
    answers: { 200: VersionsAnswer },
    refuses: ["not_found", "secret_pending_deletion"],
  },
  "PUT /api/secrets/{name}": {
    body: PutBody,
    keyed: true,
    answers: { 200: WrittenAnswer },
    refuses: [
      ...CHANGE,
      "value_too_large",
      "version_conflict",
      "idempotency_mismatch",
      "too_many_versions",
      "too_many_labels",
    ],
    note: "Exactly one of `value` and `valueBase64`.",
  },
  "PATCH /api/secrets/{name}": {
    body: PatchBody,
    answers: { 200: KeptAnswer },
    refuses: CHANGE,
    note: "At least one of `description` and `tags`; the version id is the current one.",
  },
  "DELETE /api/secrets/{name}": {
    body: DeleteBody,
    answers: { 200: DeletedAnswer },
    refuses: [...CHANGE, "invalid_confirmation", "approval_required", "force_delete_disabled"],
    note: "The code is `DELETE-{secretName}-{YYYY-MM-DD}`, the UTC day. `forceDelete` is the verb purge: at once and for good.",
  },
  "POST /api/secrets/{name}/restore": {
    body: RestoreBody,
    answers: { 200: KeptAnswer },
    refuses: ["invalid_reason", "not_found", "secret_not_deleted"],
  },
  "POST /api/secrets/{name}/adopt": {
    body: RestoreBody,
    answers: { 200: KeptAnswer },
    refuses: ["invalid_reason", "not_found", "secret_pending_deletion"],
    note: "With `SECRETS_BACKEND=aws`: it is tagged `Environment` and `Application`. One that is governed already stays so.",
  },
  "POST /api/secrets/{name}/rollback": {
    body: RollbackBody,
    answers: { 200: WrittenAnswer },
    refuses: [...CHANGE, "version_conflict"],
  },
} satisfies Record<string, Contract>
