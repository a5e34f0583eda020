import { localError } from "./error.ts"

/** Every item of a list, page by page. @throws TylerApiError `bad_answer` for a cursor that leads back to itself */
export async function* paged<F extends string, T>(
  first: string | undefined,
  page: (cursor: string | undefined) => Promise<Record<F, readonly T[]> & { nextCursor: string | null }>,
  field: F,
): AsyncGenerator<T, void, undefined> {
  let cursor = first
  do {
    const answer = await page(cursor)
    if (!Array.isArray(answer[field]) || (cursor !== undefined && answer.nextCursor === cursor))
      throw localError("bad_answer", "The address answered with a list that no Tyler server gives")
    yield* answer[field]
    cursor = answer.nextCursor ?? undefined
  } while (cursor !== undefined)
}
