import { Type } from "../../api/schema.ts"
import type { Json } from "../../core/json.ts"
import { type FoundPage, type FoundSecret, findSecrets } from "../../operations/find.ts"
import type { Caller } from "../../operations/service.ts"
import { type Filter, FILTER_KEYS, type FilterKey, passes } from "../../secrets/filter.ts"
import type { SecretOrder, SortedPage } from "../../state/reader.ts"
import type { Desk } from "../desk.ts"
import { AwsError } from "../errors.ts"
import { Filters, members, NextToken } from "../fields.ts"
import { labelOutside } from "../labels.ts"
import { nextToken, type Paging, placeIn } from "../next-token.ts"
import { epochSeconds, type Operation, operation } from "../operation.ts"
import { secretFacts } from "../secret-facts.ts"

const PAGE = 100

const ORDERS = {
  "created-date": "created",
  "last-accessed-date": "accessed",
  "last-changed-date": "changed",
  name: "name",
} as const satisfies Record<string, SecretOrder>

export const listOperations: readonly Operation[] = [
  operation({
    name: "ListSecrets",
    action: "LIST",
    input: members({
      IncludePlannedDeletion: Type.Optional(Type.Boolean()),
      MaxResults: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      NextToken,
      Filters: Type.Optional(Filters),
      SortOrder: Type.Optional(Type.Enum(["asc", "desc"])),
      SortBy: Type.Optional(Type.Enum(Object.keys(ORDERS))),
    }),
    async run(desk, caller, input) {
      const { IncludePlannedDeletion: pending = false, SortOrder = "asc", SortBy = "created-date" } = input
      const filters = filtersIn(input.Filters)
      const question = [pending, SortOrder, SortBy, spelled(filters)]
      const paging = { desk, caller, operation: "ListSecrets", question }
      const by = ORDERS[SortBy as keyof typeof ORDERS]
      const ask = { by, descending: SortOrder === "desc", pending, limit: input.MaxResults ?? PAGE }
      const { found, next } = await pageOf(paging, input.NextToken, filters, ask)
      return { SecretList: found.map((one) => listed(one, desk)), NextToken: next }
    },
  }),
]

function listed({ secret, labels, schedule }: FoundSecret, { place }: Desk): object {
  const stages: Record<string, string[]> = {}
  for (const { versionId, label } of labels) (stages[versionId] ??= []).push(labelOutside(label))
  return {
    ...secretFacts(secret, schedule, place),
    // Here, by AWS's reference, the moment of the deletion; nothing else changes a secret that awaits it.
    DeletedDate: secret.deletionAt === null ? undefined : epochSeconds(secret.changedAt),
    SecretVersionsToStages: labels.length === 0 ? undefined : stages,
  }
}

export type Listed = Pick<FoundPage, "found"> & { readonly next: string | undefined }

/** One page of what passes the filters and the caller may list. */
export async function pageOf(
  paging: Paging,
  token: string | undefined,
  filters: readonly Filter[],
  ask: Pick<SortedPage, "by" | "descending" | "pending" | "limit">,
): Promise<Listed> {
  const { desk, caller }: { desk: Desk; caller: Caller } = paging
  const after = placeIn(paging, token) as SortedPage["after"]
  const wanted = (secret: FoundSecret["secret"]): boolean => passes(secret, filters)
  const { found, next } = await findSecrets(desk.service, caller, { ...ask, after, wanted })
  return { found, next: nextToken(paging, next === null ? null : { key: next.key, name: next.name }) }
}

/** @throws AwsError as AWS has it: no key, or a key that it does not know */
export function filtersIn(filters: Filters = []): Filter[] {
  return filters.map(({ Key, Values }, at) => {
    if (Key === undefined) throw new AwsError("InvalidParameterException", "Invalid filter key")
    if (!isFilterKey(Key)) throw new AwsError("ValidationException", unknownKey(Key, at + 1))
    if (Values === undefined) throw new AwsError("InvalidParameterException", `Invalid filter values for key: ${Key}`)
    return { key: Key, values: Values }
  })
}

function isFilterKey(text: string): text is FilterKey {
  return (FILTER_KEYS as readonly string[]).includes(text)
}

function unknownKey(key: string, at: number): string {
  const set = FILTER_KEYS.join(", ")
  const quoted = key.slice(0, 100)
  return `1 validation error detected: Value '${quoted}' at 'filters.${at}.member.key' failed to satisfy constraint: Member must satisfy enum value set: [${set}]`
}

export function spelled(filters: readonly Filter[]): Json {
  return filters.map(({ key, values }) => [key, ...values])
}
