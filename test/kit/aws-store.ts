import { randomUUID } from "node:crypto"
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager"
import { postgresAnswers } from "../conformance/postgres-database.ts"
import { type AwsProxy, awsProxy } from "./aws-proxy.ts"
import { type MovableClock, movableClock } from "./clock.ts"
import type { Client } from "./client.ts"
import { moto, MOTO_ACCOUNT, MOTO_REGION, noMoto, takeTestCredentials } from "./moto.ts"
import { setUpAdmin } from "./people.ts"
import { type ReplicaSet, replicaSet } from "./replicas.ts"
import type { TestServer } from "./server.ts"

/** What tests of the AWS profile are skipped for; false where there is all they need. */
export const noAwsStore = noMoto !== false ? noMoto : (await postgresAnswers()) ? false : "postgres"

/** Servers that keep their values in an emulated AWS, behind a proxy that can fail. */
export interface AwsStage extends AsyncDisposable {
  readonly proxy: AwsProxy
  readonly prefix: string
  /** AWS itself, past the proxy and past us. */
  readonly aws: SecretsManagerClient
  readonly clock: MovableClock
  /** As its owner. */
  readonly databaseUrl: string
  readonly server: TestServer
  readonly admin: Client
  /** Another replica, started on the same database. */
  start(at: number, env?: Readonly<Record<string, string>>): Promise<TestServer>
  /** One round of the sweep, now. */
  sweep(): Promise<void>
}

export async function awsStage(env: Readonly<Record<string, string>> = {}): Promise<AwsStage> {
  takeTestCredentials()
  const upstream = await moto()
  const proxy = await awsProxy(upstream)
  const set: ReplicaSet = await replicaSet()
  const clock = movableClock()
  const prefix = `t-${randomUUID().slice(0, 8)}`
  const aws = new SecretsManagerClient({ region: MOTO_REGION, endpoint: upstream })
  const all = {
    SECRETS_BACKEND: "aws",
    AWS_REGION: MOTO_REGION,
    AWS_ACCOUNT_ID: MOTO_ACCOUNT,
    AWS_ENDPOINT_URL: upstream,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: proxy.url,
    SECRETS_PREFIX: prefix,
    ...env,
  }
  try {
    const server = await set.start(0, { env: all, clock })
    const admin = await setUpAdmin(server)
    return {
      proxy,
      prefix,
      aws,
      clock,
      databaseUrl: set.database.url,
      server,
      admin,
      start: (at, more = {}) => set.start(at, { env: { ...all, ...more }, clock }),
      async sweep() {
        clock.advance(61_000)
        await server.runJobs()
      },
      async [Symbol.asyncDispose]() {
        await set[Symbol.asyncDispose]()
        proxy.close()
        aws.destroy()
      },
    }
  } catch (error) {
    proxy.close()
    await set[Symbol.asyncDispose]()
    throw error
  }
}
