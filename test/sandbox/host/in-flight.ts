/** Counts the work that a drain waits for. */
export type InFlight = {
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** Resolves at a moment when nothing is in flight. */
  idle(): Promise<void>;
};

export function createInFlight(): InFlight {
  const works = new Set<Promise<unknown>>();
  return {
    track: (work) => {
      works.add(work);
      const done = () => works.delete(work);
      work.then(done, done);
      return work;
    },
    idle: async () => {
      while (works.size > 0) await Promise.allSettled([...works]);
    },
  };
}
