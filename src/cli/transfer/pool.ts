/** Does `work` for each item, so many at once, in their order. The first failure starts nothing more and is thrown. */
export async function pooled<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  let failed = false
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (failed) return
      try {
        await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: width }, worker))
  const end = ends.find((one) => one.status === "rejected")
  if (end) throw end.reason
}
