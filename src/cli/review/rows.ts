import type { ReviewAnswer } from "../../api/access-review.ts"

export type Subject = ReviewAnswer["subjects"][number]
type Right = Subject["rights"][number]

export const HEADINGS = [
  "name",
  "kind",
  "roles",
  "may",
  "patterns",
  "secrets",
  "by rows",
  "by roles",
  "asked besides",
  "last use",
  "uses",
  "dormant",
] as const

/** One row for each right, as every form shows it. */
export function rowsOf(subjects: readonly Subject[]): readonly (readonly string[])[] {
  return subjects.flatMap((one) => one.rights.map((right) => rowOf(one, right)))
}

function rowOf({ name, kind, roles, breakGlass }: Subject, right: Right): readonly string[] {
  const asked = [...(right.secondFactor ? ["second factor"] : []), ...(right.approval ? ["approval"] : [])]
  return [
    name,
    kind,
    [...roles, ...(breakGlass ? ["(break-glass)"] : [])].join(" "),
    right.verbs.join(" "),
    right.patterns.join(" "),
    String(right.secrets),
    right.policyIds.join(" "),
    right.roles.join(" "),
    asked.join(", ") || "nothing",
    right.lastUse ?? "never",
    String(right.uses),
    right.dormant ? "yes" : "no",
  ]
}

/** Only what is dormant; whoever has nothing of it is left out. */
export function dormantOnly(subjects: readonly Subject[]): readonly Subject[] {
  return subjects
    .map((one) => ({ ...one, rights: one.rights.filter(({ dormant }) => dormant) }))
    .filter(({ rights }) => rights.length > 0)
}
