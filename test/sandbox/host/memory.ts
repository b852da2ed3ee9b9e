export type MemoryReport = {
  readonly usage: NodeJS.MemoryUsage;
  /** Highest resident size since the start, or since the last `reset`, sampled each 200 ms. */
  readonly peakRssBytes: number;
  /** The operating system's own high-water mark of the whole life of the process. */
  readonly maxRssBytes: number;
};
export type MemoryWatch = { report(): MemoryReport; reset(): void; stop(): void };

const sampleMilliseconds = 200;

export function watchMemory(): MemoryWatch {
  let peak = process.memoryUsage.rss();
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, sampleMilliseconds);
  timer.unref();
  return {
    report: () => {
      const usage = process.memoryUsage();
      peak = Math.max(peak, usage.rss);
      return { usage, peakRssBytes: peak, maxRssBytes: process.resourceUsage().maxRSS * 1024 };
    },
    reset: () => {
      peak = process.memoryUsage.rss();
    },
    stop: () => clearInterval(timer),
  };
}
