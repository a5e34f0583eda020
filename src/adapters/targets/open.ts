import { generatedSteps } from "../../rotation/generated.ts"
import { loginSteps } from "../../rotation/login-steps.ts"
import type { Steps } from "../../rotation/steps.ts"
import type { StrategyName } from "../../core/rotation-strategy.ts"

/** Drivers are loaded when a secret that needs them is rotated, and not before. */
const OPEN: { readonly [Name in StrategyName]: () => Promise<Steps> } = {
  async "postgres-single"() {
    const { postgresSingle } = await import("./postgres.ts")
    return loginSteps(postgresSingle, { takesTurns: false, admin: "optional" })
  },
  async "postgres-alternating"() {
    const { postgresTurns } = await import("./postgres.ts")
    return loginSteps(postgresTurns, { takesTurns: true, admin: "required" })
  },
  async redis() {
    const { redis } = await import("./redis.ts")
    return loginSteps(redis, { takesTurns: false, admin: "optional" })
  },
  async "mariadb-single"() {
    const { mariadbSingle } = await import("./mariadb.ts")
    return loginSteps(mariadbSingle, { takesTurns: false, admin: "optional" })
  },
  async "mariadb-alternating"() {
    const { mariadbTurns } = await import("./mariadb.ts")
    return loginSteps(mariadbTurns, { takesTurns: true, admin: "required" })
  },
  async "rabbitmq-single"() {
    const { rabbitSingle } = await import("./rabbitmq.ts")
    return loginSteps(rabbitSingle, { takesTurns: false, admin: "required" })
  },
  async "rabbitmq-alternating"() {
    const { rabbitTurns } = await import("./rabbitmq.ts")
    return loginSteps(rabbitTurns, { takesTurns: true, admin: "required" })
  },
  async "aws-iam"() {
    return (await import("./iam.ts")).iamSteps
  },
  async "http-key"() {
    return (await import("./http-key.ts")).httpKeySteps
  },
  async webhook() {
    return (await import("./webhook.ts")).webhookSteps
  },
  async generated() {
    return generatedSteps
  },
}

export function stepsOf(name: StrategyName): Promise<Steps> {
  return OPEN[name]()
}
