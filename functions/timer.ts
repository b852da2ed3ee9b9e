import type { TimerHandler } from '@azure/functions';

export const timer =
  (step: () => Promise<void>): TimerHandler =>
  async () =>
    step();
