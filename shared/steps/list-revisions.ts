import type { Revision } from '../domain/saved.ts';
import { type TouchView, touchView } from './touch-view.ts';

interface RevisionView extends TouchView {
  readonly revision: number;
  readonly what: Revision['what'];
  readonly definition: Revision['definition'];
}

export interface RevisionList {
  /** The newest first. */
  readonly revisions: readonly RevisionView[];
  /** The last number of this part, where there are more. */
  readonly next: number | null;
}

/** A part of the history of one document: the revisions before that number. */
export const revisionsBefore = (
  all: readonly Revision[],
  { before, limit }: { readonly before: number | null; readonly limit: number },
): RevisionList => {
  const older = all.filter(({ revision }) => before === null || revision < before).toReversed();
  const revisions = older
    .slice(0, limit)
    .map(({ revision, what, definition, ...touch }) => ({ revision, what, ...touchView(touch), definition }));
  return { revisions, next: older.length > limit ? (revisions.at(-1)?.revision ?? null) : null };
};
