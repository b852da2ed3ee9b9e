/** Does `work` for every element, at most `atOnce` at a time; the first failure rejects, and no more are begun. */
export const inParallel = async <T>(
  elements: readonly T[],
  atOnce: number,
  work: (element: T) => Promise<unknown>,
): Promise<void> => {
  // One iterator for all chains: each takes the next element when it is free.
  const rest = elements.values();
  let failed = false;
  const chain = async (): Promise<void> => {
    for (const element of rest) {
      if (failed) return;
      try {
        await work(element);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, elements.length) }, chain));
};
