import { parseBody } from "../../api/parse.ts"
import { DeleteBody, parsePatch, parsePut, RestoreBody, RollbackBody } from "../../api/secrets.ts"
import { DELETION_REASON_MIN, REASON_MIN } from "../../core/reason.ts"
import type { VersionId } from "../../core/version.ts"
import type { Written } from "../../operations/create.ts"
import { adoptSecret } from "../../operations/adopt.ts"
import { describeSecret, listVersions, patchSecret, type VersionFacts } from "../../operations/describe.ts"
import { putSecret } from "../../operations/put.ts"
import { removeSecret } from "../../operations/remove.ts"
import { restoreSecret } from "../../operations/restore.ts"
import { rollBackSecret } from "../../operations/rollback.ts"
import { encodeValue } from "../../operations/value.ts"
import { RECOVERY_DAYS } from "../../secrets/lifecycle.ts"
import { acceptReason, idempotencyKey } from "../accept.ts"
import { nameInPath } from "../lift.ts"
import type { Answer, Call, Handler } from "./handlers.ts"
import { effectiveAnswer } from "./policies.ts"
import { secretAnswer } from "./secrets.ts"

export const lifecycleRoutes = {
  "GET /api/secrets/{name}/metadata": async (call) => {
    const described = await describeSecret(call.wiring.service, call.caller, { name: nameOf(call) })
    const { secret } = described
    const deletionDate = secret.deletionAt === null ? null : new Date(secret.deletionAt).toISOString()
    return {
      status: 200,
      body: {
        ...secretAnswer(secret),
        createdAt: new Date(secret.createdAt).toISOString(),
        deletionDate,
        rotationDueSince: secret.rotationDueSince === null ? null : new Date(secret.rotationDueSince).toISOString(),
        versions: described.versions.map(versionAnswer),
        policy: effectiveAnswer(described.effective),
      },
    }
  },

  "GET /api/secrets/{name}/versions": async (call) => {
    const { versions } = await listVersions(call.wiring.service, call.caller, { name: nameOf(call) })
    return { status: 200, body: { versions: versions.map(versionAnswer) } }
  },

  "PUT /api/secrets/{name}": async (call) => {
    const name = nameOf(call)
    const given = parsePut(call.body)
    const written = await putSecret(call.wiring.service, call.caller, {
      name,
      reason: acceptReason(given.reason, REASON_MIN),
      stored: encodeValue(given as Parameters<typeof encodeValue>[0]),
      expectedVersion: given.expectedVersion as VersionId | undefined,
      idempotencyKey: idempotencyKey(call.request),
    })
    return writtenAnswer("Secret updated successfully", written)
  },

  "PATCH /api/secrets/{name}": async (call) => {
    const name = nameOf(call)
    const { description, tags, reason } = parsePatch(call.body)
    const ask = { name, description, tags, reason: acceptReason(reason, REASON_MIN) }
    return writtenAnswer("Secret updated successfully", await patchSecret(call.wiring.service, call.caller, ask))
  },

  "DELETE /api/secrets/{name}": async (call) => {
    const name = nameOf(call)
    const given = parseBody(DeleteBody, call.body)
    const { confirmationCode, forceDelete = false, recoveryDays = RECOVERY_DAYS.usual } = given
    const reason = acceptReason(given.reason, DELETION_REASON_MIN)
    const ask = { name, confirmationCode, reason, forceDelete, recoveryDays }
    const removed = await removeSecret(call.wiring.service, call.caller, ask)
    const message = forceDelete
      ? "Secret permanently deleted"
      : `Secret scheduled for deletion (${recoveryDays}-day recovery window)`
    return { status: 200, body: { message, ...removed, deletionDate: new Date(removed.deletionDate).toISOString() } }
  },

  "POST /api/secrets/{name}/adopt": async (call) => {
    const name = nameOf(call)
    const reason = acceptReason(parseBody(RestoreBody, call.body).reason, REASON_MIN)
    return writtenAnswer(
      "Secret adopted successfully",
      await adoptSecret(call.wiring.service, call.caller, { name, reason }),
    )
  },

  "POST /api/secrets/{name}/restore": async (call) => {
    const name = nameOf(call)
    const reason = acceptReason(parseBody(RestoreBody, call.body).reason, REASON_MIN)
    return writtenAnswer(
      "Secret restored successfully",
      await restoreSecret(call.wiring.service, call.caller, { name, reason }),
    )
  },

  "POST /api/secrets/{name}/rollback": async (call) => {
    const name = nameOf(call)
    const given = parseBody(RollbackBody, call.body)
    const written = await rollBackSecret(call.wiring.service, call.caller, {
      name,
      versionId: given.versionId as VersionId,
      reason: acceptReason(given.reason, REASON_MIN),
      expectedVersion: given.expectedVersion as VersionId | undefined,
    })
    return writtenAnswer("Secret rolled back successfully", written)
  },
} satisfies Record<string, Handler>

function nameOf(call: Call) {
  return nameInPath(call.request.raw, call.wiring.service.settings.nameLimit)
}

function writtenAnswer(message: string, { arn, name, versionId }: Written): Answer {
  return { status: 200, body: { message, arn, name, versionId } }
}

function versionAnswer({ versionId, stages, createdAt, createdBy }: VersionFacts): object {
  return { versionId, stages, createdAt: new Date(createdAt).toISOString(), createdBy }
}
