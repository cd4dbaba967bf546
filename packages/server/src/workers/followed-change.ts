/**
 * Changes that are over when all workers have taken them over, also those that failed half-way.
 * @param publish resolves when they have
 */
export function followedBy(publish: () => Promise<void>) {
  return <Given extends unknown[], Result>(change: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      try {
        return await change(...given)
      } finally {
        await publish()
      }
    }
}
