import { MOTO_CREDENTIALS, motoIsThere, type MotoProcess, startMoto } from "./moto-process.ts"

export { MOTO_ACCOUNT, MOTO_REGION } from "./moto-process.ts"

const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("moto")

/** What a test that wants an AWS of somebody else's making is skipped for; false where there is one, or must be. */
export const noMoto = required || motoIsThere() ? false : "moto"

/** Credentials that moto takes, for the SDK in this process and in those it starts. */
export function takeTestCredentials(): void {
  Object.assign(process.env, MOTO_CREDENTIALS)
  delete process.env["AWS_SESSION_TOKEN"]
  delete process.env["AWS_PROFILE"]
}

let started: Promise<MotoProcess> | undefined

/** One emulator for all test files of a process, on a free port, ended with it. @returns its origin */
export async function moto(): Promise<string> {
  started ??= startMoto({ endsWithUs: true })
  return (await started).origin
}
