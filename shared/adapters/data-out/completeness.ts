import type { File } from './container.ts';

export interface Part extends File {
  /** From 1. */
  readonly number: number;
  readonly gzip: boolean;
}

export type FolderState =
  /** In order of their numbers. */
  | { readonly kind: 'complete'; readonly parts: readonly Part[] }
  /** Maybe still being written; worth another look at `readyAt`, ms since 1970. */
  | { readonly kind: 'unsettled'; readonly readyAt: number }
  | { readonly kind: 'incomplete'; readonly message: string };

export interface FolderFacts {
  readonly table: string;
  readonly files: readonly File[];
  /** Names of the parts that `model.json` lists for just this folder. */
  readonly announced: ReadonlySet<string>;
  /** When `model.json` was written; `null` where there is none. */
  readonly modelAt: number | null;
}

const minute = 60_000;
/** Since the last part was written. A model that was written afterwards makes a longer wait needless. */
export const quietMs = 5 * minute;
export const longQuietMs = 15 * minute;

const partOf = (table: string, file: File): Part | undefined => {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (!name.startsWith(`${table}_`)) return undefined;
  const match = /^([1-9]\d{0,5})\.csv(\.gz)?$/i.exec(name.slice(table.length + 1));
  return match === null ? undefined : { ...file, number: Number(match[1]), gzip: match[2] !== undefined };
};

/**
 * Whether a dated folder holds the whole table. No mark of completion is documented, so this asks for: parts numbered
 * from 1 without a gap, every part that the model lists, and that nothing was written for some minutes. A model that
 * lists just these parts, and is no older than they are, makes the wait needless.
 */
export const folderState = (facts: FolderFacts, now: number): FolderState => {
  const { table, files, announced, modelAt } = facts;
  const parts = files
    .flatMap((file) => partOf(table, file) ?? [])
    .toSorted((a, b) => a.number - b.number || (a.path < b.path ? -1 : 1));
  const writtenAt = Math.max(0, ...files.map(({ modifiedAt }) => modifiedAt));
  const isVouchedFor = modelAt !== null && modelAt >= writtenAt;
  const readyAt = writtenAt + (isVouchedFor ? quietMs : longQuietMs);
  const flaw = flawOf(parts, announced);
  if (flaw !== null)
    return readyAt > now ? { kind: 'unsettled', readyAt } : { kind: 'incomplete', message: flaw };
  if (readyAt > now && !(isVouchedFor && announced.size === parts.length))
    return { kind: 'unsettled', readyAt };
  return { kind: 'complete', parts };
};

const flawOf = (parts: readonly Part[], announced: ReadonlySet<string>): string | null => {
  if (parts.length === 0) return 'it holds no part';
  const gap = parts.findIndex(({ number }, place) => number !== place + 1);
  if (gap >= 0) {
    const isTwice = parts[gap]?.number === gap;
    return isTwice ? `part ${gap} is there twice` : `part ${gap + 1} is missing`;
  }
  const names = new Set(parts.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)));
  const missing = announced.difference(names).size;
  return missing === 0 ? null : `${missing} of the parts that model.json lists are missing`;
};
