const atOnce = 8;

/** The work's results for all elements in their order, some elements at a time. */
export const inGroups = async <T, R>(
  elements: readonly T[],
  work: (element: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  for (let from = 0; from < elements.length; from += atOnce) {
    results.push(...(await Promise.all(elements.slice(from, from + atOnce).map(work))));
  }
  return results;
};
