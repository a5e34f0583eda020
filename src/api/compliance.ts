import { type Static, Type } from "./schema.ts"
import { orNull, strict, Time } from "./fields.ts"

const Count = Type.Integer({ minimum: 0 })
const Short = Type.String({ maxLength: 200 })
const Long = Type.String({ maxLength: 20_000 })
const State = Type.Enum(["ok", "unused", "warn", "fault"])

const Check = strict({
  name: Short,
  /** What was checked. */
  asks: Short,
  state: State,
  /** What was found. */
  figure: Long,
  /** What would put it right; null: nothing has to be. */
  fix: orNull(Long),
  /** Numbers of audit entries that show it, the newest first. */
  entries: Type.Array(Count, { maxItems: 1000 }),
  /** Items of SOC 2 and GDPR. */
  supports: Type.Array(Short, { maxItems: 50 }),
})

/** `GET /api/compliance`. */
export const ComplianceAnswer = strict({
  at: Time,
  version: Short,
  environment: Type.Enum(["production", "development"]),
  /** How much of the audit log was looked at; `cut`: there was more than that within the time. */
  looked: strict({ since: Time, entries: Count, cut: Type.Boolean() }),
  /** Number of the report's own entry, and the checkpoint that was signed after it. */
  entry: Count,
  checkpoint: Type.String({ maxLength: 4096 }),
  /** The guide's checklist, in its order. `state` is the worst of the checks. */
  claims: Type.Array(
    strict({
      number: Type.Integer({ minimum: 1 }),
      text: Short,
      state: State,
      /** What remains the operator's to do. */
      duty: Long,
      checks: Type.Array(Check, { maxItems: 50 }),
    }),
    { maxItems: 50 },
  ),
  /** What others ask, and the names of the checks that support it; `state` null: none does. */
  items: Type.Array(
    strict({
      framework: Short,
      item: Short,
      about: Long,
      state: orNull(State),
      checks: Type.Array(Short, { maxItems: 50 }),
      duty: Long,
    }),
    { maxItems: 100 },
  ),
})

export type ComplianceAnswer = Static<typeof ComplianceAnswer>
