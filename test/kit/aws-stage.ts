import { randomUUID } from "node:crypto"
import { setTimeout as pause } from "node:timers/promises"
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager"
import { type AwsProxy, awsProxy } from "./aws-proxy.ts"
import { type MovableClock, movableClock } from "./clock.ts"
import type { Client } from "./client.ts"
import { MOTO_ACCOUNT, MOTO_REGION } from "./moto-process.ts"
import { setUpAdmin } from "./people.ts"
import { type ReplicaSet, replicaSet } from "./replicas.ts"
import type { ServerOptions, TestServer } from "./server.ts"

/** Where an AWS is played. */
export interface PlayedAws extends AsyncDisposable {
  readonly origin: string
  readonly stsOrigin: string
}

/** Servers that keep their values in a played AWS, behind a proxy that can fail. */
export interface AwsStage extends AsyncDisposable {
  readonly proxy: AwsProxy
  /** What is behind the proxy. */
  readonly played: Pick<PlayedAws, "origin" | "stsOrigin">
  readonly prefix: string
  /** AWS itself, past the proxy and past us. */
  readonly aws: SecretsManagerClient
  readonly clock: MovableClock
  /** As its owner. */
  readonly databaseUrl: string
  readonly server: TestServer
  readonly admin: Client
  /** Another replica, started on the same database. */
  start(at: number, env?: ServerOptions["env"]): Promise<TestServer>
  /** One round of the sweep, now. */
  sweep(): Promise<void>
}

export function newPrefix(): string {
  return `t-${randomUUID().slice(0, 8)}`
}

/** @param played ended with the stage */
export async function stageOn(
  played: PlayedAws,
  prefix: string,
  env: Readonly<Record<string, string>> = {},
): Promise<AwsStage> {
  const proxy = await awsProxy(played.origin)
  const set: ReplicaSet = await replicaSet()
  const clock = movableClock()
  const aws = new SecretsManagerClient({ region: MOTO_REGION, endpoint: played.origin })
  const all = {
    SECRETS_BACKEND: "aws",
    AWS_REGION: MOTO_REGION,
    AWS_ACCOUNT_ID: MOTO_ACCOUNT,
    AWS_ENDPOINT_URL: played.stsOrigin,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: proxy.url,
    SECRETS_PREFIX: prefix,
    ...env,
  }
  const end = async (): Promise<void> => {
    await set[Symbol.asyncDispose]()
    proxy.close()
    aws.destroy()
    await played[Symbol.asyncDispose]()
  }
  try {
    const server = await set.start(0, { env: all, clock })
    const admin = await setUpAdmin(server)
    return {
      proxy,
      played,
      prefix,
      aws,
      clock,
      databaseUrl: set.database.url,
      server,
      admin,
      start: (at, more = {}) => set.start(at, { env: { ...all, ...more }, clock }),
      async sweep() {
        clock.advance(61_000)
        // One that the server began by itself may still be waiting for AWS, and there is one at a time.
        for (const before = proxy.calls("ListSecrets"); proxy.calls("ListSecrets") === before; await pause(50))
          await server.runJobs()
      },
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}
