import type { RotationAnswer, ScheduleBody, ScheduledAnswer } from "../../api/rotation.ts"
import type { TylerClient } from "../../client/client.ts"
import { TylerApiError } from "../../client/error.ts"
import { verified } from "../attempt.ts"
import { type Call, given, Unmet } from "../command.ts"
import { NEEDS_MORE, REFUSED } from "../exit.ts"

/**
 * Sets a schedule. Whoever sets one uses the administrator's secret too: one code opens both, where its name is given. The
 * value cannot be looked into from here.
 */
export async function putSchedule(
  call: Call,
  client: TylerClient,
  name: string,
  schedule: ScheduleBody,
): Promise<ScheduledAnswer> {
  const admin = given(call, "admin")
  const names = [...new Set([name, ...(admin === undefined ? [] : [admin])])]
  return verified(call, client, { verb: "rotate", names }, async (shown) => {
    try {
      return await client.schedule(name, schedule, shown)
    } catch (error) {
      const again = error instanceof TylerApiError && error.code === "verification_required"
      if (!again || shown.verificationToken === undefined) throw error
      const says = "the administrator's secret takes a second factor too; name it with --admin NAME"
      throw new Unmet(NEEDS_MORE, error.code, says)
    }
  })
}

/** The schedule as it is, waiting or not. @throws Unmet where there is none */
export async function setEnabled(call: Call, client: TylerClient, name: string, enabled: boolean) {
  const status = await client.rotation(name)
  return putSchedule(call, client, name, { ...asSet(name, status), enabled })
}

function asSet(name: string, status: RotationAnswer): Omit<ScheduleBody, "enabled"> {
  const { strategy, lambdaArn, days, expression, windowHours } = status
  if (strategy === null && lambdaArn === null)
    throw new Unmet(
      REFUSED,
      "not_rotatable",
      `no schedule is set for ${name}; set one with: tyler rotation set ${name}`,
    )
  return {
    ...(strategy === null ? {} : { strategy }),
    ...(lambdaArn === null ? {} : { lambdaArn }),
    ...(days === null ? {} : { days }),
    ...(expression === null ? {} : { expression }),
    ...(windowHours === null ? {} : { windowHours }),
  }
}
