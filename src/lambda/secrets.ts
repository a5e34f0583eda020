import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager"
import { foreignCode, RotationFault } from "../rotation/fault.ts"

export interface Described {
  /** Undefined where AWS does not say. */
  readonly rotationEnabled: boolean | undefined
  readonly stages: ReadonlyMap<string, readonly string[]>
}

export interface Version {
  readonly versionId: string
  readonly text: string
}

export interface Put {
  readonly versionId: string
  readonly text: string
  readonly stage: string
  readonly rotationToken: string | undefined
}

/** Secrets Manager, as a function needs it. Every method throws SecretsFault, which quotes nothing. */
export interface Secrets {
  describe(secretId: string): Promise<Described>
  /** Undefined: there is none, or it has no value yet. @throws RotationFault for bytes */
  read(secretId: string, which: { versionId?: string; stage: string }): Promise<Version | undefined>
  put(secretId: string, version: Put): Promise<void>
  /** Compares and moves: `from` must carry the label. */
  move(secretId: string, label: string, to: string | undefined, from: string): Promise<void>
}

/** A call of Secrets Manager that failed, by the SDK's name for it; what it said stays behind. */
class SecretsFault extends Error {
  constructor(operation: string, said: string) {
    super(`${operation}: ${said}`)
    this.name = "SecretsFault"
  }
}

export function secretsOf(client: Pick<SecretsManagerClient, "send">): Secrets {
  async function call<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      throw new SecretsFault(operation, nameOf(error))
    }
  }

  return {
    async describe(SecretId) {
      const command = new DescribeSecretCommand({ SecretId })
      const { RotationEnabled, VersionIdsToStages = {} } = await call("DescribeSecret", () => client.send(command))
      return { rotationEnabled: RotationEnabled, stages: new Map(Object.entries(VersionIdsToStages)) }
    },

    read: (SecretId, { versionId, stage }) =>
      call("GetSecretValue", async () => {
        const which = { VersionStage: stage, ...(versionId === undefined ? {} : { VersionId: versionId }) }
        const found = await client.send(new GetSecretValueCommand({ SecretId, ...which }))
        return { versionId: found.VersionId ?? "", text: found.SecretString }
      })
        .then(({ versionId: id, text }) => {
          if (text === undefined) throw new RotationFault("secret_invalid", { field: "value", reason: "is not text" })
          return { versionId: id, text }
        })
        .catch((error: unknown) => {
          if (error instanceof SecretsFault && error.message.endsWith(": ResourceNotFoundException")) return undefined
          throw error
        }),

    async put(SecretId, { versionId, text, stage, rotationToken }) {
      const command = new PutSecretValueCommand({
        SecretId,
        ClientRequestToken: versionId,
        SecretString: text,
        VersionStages: [stage],
        ...(rotationToken === undefined ? {} : { RotationToken: rotationToken }),
      })
      await call("PutSecretValue", () => client.send(command))
    },

    async move(SecretId, VersionStage, to, from) {
      const command = new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage,
        RemoveFromVersionId: from,
        ...(to === undefined ? {} : { MoveToVersionId: to }),
      })
      await call("UpdateSecretVersionStage", () => client.send(command))
    },
  }
}

function nameOf(error: unknown): string {
  const code = foreignCode(error)
  if (code !== "unknown") return code
  return error instanceof Error && /^[A-Za-z]{1,64}$/.test(error.name) ? error.name : "Error"
}
