import type { WhoAnswer } from "../api/who.ts"

type Terms = Omit<WhoAnswer["verbs"][number], "verb" | "policyIds">

/** What is asked of whoever uses a verb, in a few words. */
export function termsText({ roles, programs, secondFactor, approval, perDay, programPerDay }: Terms): string {
  return [
    roles.join(", ") || "nobody",
    ...(programs === null ? [] : [`programs: ${programs.join(", ") || "none"}`]),
    ...(secondFactor ? ["second factor"] : []),
    ...(approval === null ? [] : [approvalText(approval)]),
    ...(perDay === null ? [] : [`${perDay} a day`]),
    ...(programPerDay === perDay
      ? []
      : [`programs ${programPerDay === null ? "without limit" : `${programPerDay} a day`}`]),
  ].join("; ")
}

function approvalText({ least, approvers, minutes }: NonNullable<Terms["approval"]>): string {
  const by = approvers.join(", ") || "nobody"
  return `${least === 1 ? "an approval" : `${least} approvals`} by ${by} for ${minutes} minutes`
}
