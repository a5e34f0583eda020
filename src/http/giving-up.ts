/**
 * Passes a stream on whose first piece is there already, and ends it with an error if the reader takes nothing for that
 * long: then what it was made from is let go.
 */
export async function* givingUp<T>(
  first: IteratorResult<T>,
  rest: AsyncGenerator<T>,
  ms: number,
): AsyncGenerator<T, void, undefined> {
  const late = Promise.withResolvers<never>()
  late.promise.catch(() => undefined)
  try {
    for (let next = first; next.done !== true; next = await Promise.race([late.promise, rest.next()])) {
      const timer = setTimeout(() => {
        late.reject(new Error("the reader has stopped taking"))
        void rest.return(undefined)
      }, ms)
      try {
        yield next.value
      } finally {
        clearTimeout(timer)
      }
    }
  } finally {
    await rest.return(undefined)
  }
}
