import { postgresAnswers } from "../conformance/postgres-database.ts"
import { type AwsStage, newPrefix, type PlayedAws, stageOn } from "./aws-stage.ts"
import { moto, noMoto, takeTestCredentials } from "./moto.ts"
import { ownAws } from "./own-aws.ts"

export type { AwsStage } from "./aws-stage.ts"

/** Who plays AWS: somebody else's emulator, or our own endpoint. */
export type AwsPlayer = "moto" | "own"

/** What tests are skipped for that need PostgreSQL only; false where it answers. */
export const noPostgres = (await postgresAnswers()) ? false : "postgres"
/** What tests that need the emulator too are skipped for; false where there is all of it. */
export const noAwsStore = noMoto !== false ? noMoto : noPostgres

/** The judges of the store: every suite of it runs once for each. */
export const PLAYERS: readonly {
  readonly player: AwsPlayer
  readonly called: string
  readonly skip: string | false
}[] = [
  { player: "moto", called: "moto", skip: noAwsStore },
  { player: "own", called: "our own endpoint", skip: noPostgres },
]

/** Ended with the test file, by the emulator's own kit. */
async function motoPlays(): Promise<PlayedAws> {
  takeTestCredentials()
  const origin = await moto()
  return { origin, stsOrigin: origin, [Symbol.asyncDispose]: () => Promise.resolve() }
}

export async function awsStage(
  env: Readonly<Record<string, string>> = {},
  player: AwsPlayer = "moto",
): Promise<AwsStage> {
  const prefix = newPrefix()
  return stageOn(player === "own" ? await ownAws(prefix) : await motoPlays(), prefix, env)
}
