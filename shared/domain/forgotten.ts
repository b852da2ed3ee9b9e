import { z } from 'zod';
import { type KeyHash, keyHash, runId } from './ids.ts';
import { headerBytes } from './keyed-blob.ts';
import type { Change, SnapshotRecord, Tagging } from './plan.ts';
import type { SpoolRow } from './spool.ts';

/** An address that is exported no more until this is lifted, named by its hash with a secret of the app alone. */
export const forgotten = z.object({
  forgottenAt: z.int(),
  /** By export id: the key that the address has, or would have, in what the export stores. */
  keys: z.record(z.string(), keyHash),
  /** Runs that were active: what they have written since is erased once they have ended, not before `notBefore`. */
  again: z.array(z.object({ run: runId, notBefore: z.int() })),
});
export type Forgotten = z.infer<typeof forgotten>;

/**
 * A blank keeps its place, key and customer id: the places of the lines around it are written down elsewhere, and each
 * row read keeps its one outcome. It has no address, by which it is known.
 */
const noAddress = '';

export const isBlankContact = ({ contact }: Pick<SpoolRow | Change, 'contact'>): boolean =>
  contact.email === noAddress;

export const isBlankRecord = ({ email }: Pick<SnapshotRecord | Tagging, 'email'>): boolean =>
  email === noAddress;

export const blankSpoolRow = ({ key, id }: SpoolRow): SpoolRow => ({
  key,
  id,
  segments: [],
  contact: { email: noAddress },
});

export const blankChange = ({ kind, key, id }: Change): Change => ({
  kind,
  key,
  id,
  contact: { email: noAddress },
  markers: [],
});

/** The names stay, as calls that are counted already refer to them. */
export const blankTagging = (tagging: Tagging): Tagging => ({ ...tagging, email: noAddress });

export const blankRecord = ({ key, id }: SnapshotRecord): SnapshotRecord => ({
  key,
  email: noAddress,
  id,
  markers: [],
});

const newline = 0x0a;

/**
 * Blanks the lines of one key in JSON lines, or in a keyed blob (`isKeyed`). Each keeps its length in bytes: white space
 * behind a value is JSON. Answers with the rows that were there, blank ones included; the bytes only where any changed.
 */
export const blankLines = <T extends { readonly key: KeyHash }>(
  bytes: Uint8Array,
  key: KeyHash,
  blank: (row: T) => T,
  { isKeyed }: { readonly isKeyed: boolean },
): { readonly rows: readonly T[]; readonly bytes: Uint8Array | null } => {
  const buffer = Buffer.from(bytes);
  const start = isKeyed ? headerBytes : 0;
  const rows: T[] = [];
  let changed = false;
  for (let found = buffer.indexOf(key, start); found !== -1; ) {
    const from = Math.max(start, buffer.lastIndexOf(newline, found) + 1);
    const lineEnd = buffer.indexOf(newline, found);
    const to = lineEnd === -1 ? buffer.length : lineEnd;
    const row: T = JSON.parse(buffer.toString('utf8', from, to));
    if (row.key === key) {
      rows.push(row);
      const text = Buffer.from(JSON.stringify(blank(row)));
      if (text.length > to - from) throw new Error('A blank is longer than the line that it replaces.');
      const line = Buffer.alloc(to - from, ' ');
      text.copy(line);
      changed ||= !line.equals(buffer.subarray(from, to));
      line.copy(buffer, from);
    }
    found = buffer.indexOf(key, to);
  }
  return { rows, bytes: changed ? buffer : null };
};
