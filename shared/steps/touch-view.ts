import type { Actor, Touch } from '../domain/saved.ts';

/** Who did it, and when, as callers see it. */
export interface TouchView {
  /** ISO 8601. */
  readonly at: string;
  readonly by: Actor;
}

export const touchView = ({ at: moment, by }: Touch): TouchView => ({
  at: new Date(moment).toISOString(),
  by,
});
