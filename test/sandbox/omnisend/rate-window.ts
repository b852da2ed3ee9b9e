/** Times of the past, oldest first, of which those outside a sliding window are dropped. */
export function createTimeLog(windowMs: number) {
  let times: number[] = [];
  let head = 0;
  return {
    /** How many lie in the window that ends now. */
    size(nowMs: number): number {
      let first = times[head];
      while (first !== undefined && first <= nowMs - windowMs) first = times[++head];
      if (head > 1024 && head * 2 > times.length) {
        times = times.slice(head);
        head = 0;
      }
      return times.length - head;
    },
    add: (timeMs: number) => {
      times.push(timeMs);
    },
    oldest: (): number | undefined => times[head],
  };
}

export type Admission =
  | { readonly kind: 'admitted'; readonly remaining: number }
  | { readonly kind: 'refused'; readonly freeInMs: number };

/** At most `limit` requests in any window, as Omnisend's gateway counts: a log that slides, no fixed minutes. */
export function createRateWindow(limit: number, windowMs: number) {
  const log = createTimeLog(windowMs);
  let othersUntilMs: number | undefined;
  const others = { accepted: 0, refused: 0 };

  /** Another integration's requests since the last look, evenly spaced, under the same limit. */
  function letOthersIn(nowMs: number, perWindow: number): void {
    if (perWindow <= 0) {
      othersUntilMs = undefined;
      return;
    }
    const gapMs = windowMs / perWindow;
    // What lies more than a window back has left the log by now.
    let timeMs = Math.max(othersUntilMs ?? nowMs - gapMs, nowMs - windowMs) + gapMs;
    for (; timeMs <= nowMs; timeMs += gapMs) {
      if (log.size(timeMs) < limit) {
        log.add(timeMs);
        others.accepted++;
      } else others.refused++;
    }
    othersUntilMs = timeMs - gapMs;
  }

  return {
    limit,
    others,
    look(nowMs: number, othersPerWindow: number): Admission {
      letOthersIn(nowMs, othersPerWindow);
      const size = log.size(nowMs);
      if (size < limit) return { kind: 'admitted', remaining: limit - size - 1 };
      return { kind: 'refused', freeInMs: (log.oldest() ?? nowMs) + windowMs - nowMs };
    },
    count: (nowMs: number) => log.add(nowMs),
  };
}

export type RateWindow = ReturnType<typeof createRateWindow>;
