import {
  blankChange,
  blankLines,
  blankRecord,
  blankSpoolRow,
  blankTagging,
  isBlankContact,
  isBlankRecord,
} from '../domain/forgotten.ts';
import type { ExportId, KeyHash } from '../domain/ids.ts';
import { headerBytes, joinLines, parseLines, rangeOf, readHeader } from '../domain/keyed-blob.ts';
import type { Change, SnapshotRecord, Tagging } from '../domain/plan.ts';
import type { Run } from '../domain/run.ts';
import { bucketOf } from '../domain/sharding.ts';
import type { SpoolRow } from '../domain/spool.ts';
import { isEnded } from '../domain/states.ts';
import type { Ports } from '../ports/ports.ts';
import { paths } from './addresses.ts';

/** How much of one address was found and blanked, or removed, by where it lay. */
export type Erased = Readonly<Record<'spool' | 'changes' | 'taggings' | 'snapshots' | 'rows', number>>;

export const nothingErased: Erased = { spool: 0, changes: 0, taggings: 0, snapshots: 0, rows: 0 };

export const addErased = (a: Erased, b: Erased): Erased => ({
  spool: a.spool + b.spool,
  changes: a.changes + b.changes,
  taggings: a.taggings + b.taggings,
  snapshots: a.snapshots + b.snapshots,
  rows: a.rows + b.rows,
});

/** Erases one key from all that an export has stored. Repeating it finds nothing more. */
export async function erase(ports: Ports, id: ExportId, key: KeyHash): Promise<Erased> {
  const eraser = new Eraser(ports, key);
  await eraser.snapshots(id);
  const runs = (await ports.store.runs.list(id)).map(({ value }) => value);
  for (const run of runs) if (run.kept === 'everything') await eraser.values(run);
  // Lists name customers: by now it is known which of them had this address.
  for (const run of runs) if (run.kept === 'everything') await eraser.spooledValues(run);
  for (const run of runs) if (run.kept !== 'account' && isEnded(run.state)) await eraser.lists(run);
  return eraser.erased;
}

interface Named {
  readonly key: KeyHash;
  readonly id: string;
}

class Eraser {
  readonly #ports: Ports;
  readonly #key: KeyHash;
  readonly #customers = new Set<string>();
  erased = nothingErased;

  constructor(ports: Ports, key: KeyHash) {
    this.#ports = ports;
    this.#key = key;
  }

  async snapshots(id: ExportId): Promise<void> {
    for (const path of await this.#ports.blobs.list(paths.snapshotsOfExport(id))) {
      await this.#blankKeyed<SnapshotRecord>(path, 'snapshots', blankRecord, isBlankRecord);
    }
  }

  /** Spool, change lists and taggings. What a shard that is not planned yet has of them is still being written. */
  async values(run: Run): Promise<void> {
    const { blobs } = this.#ports;
    for (const path of await blobs.list(paths.spoolOf(run.id))) {
      // Only customer ids, of people whose profile had not come.
      if (/\/(?:members|values)-[^/]*$/.test(path)) continue;
      await this.#blankKeyed<SpoolRow>(path, 'spool', blankSpoolRow, isBlankContact);
    }
    for (const path of await this.#lists(run)) {
      if (path.endsWith('.changes')) await this.#blank<Change>(path, 'changes', blankChange, isBlankContact);
      if (path.endsWith('.taggings'))
        await this.#blank<Tagging>(path, 'taggings', blankTagging, isBlankRecord);
    }
  }

  /** Values that did not hold. Each file is written once, so those of an active run can be rewritten too. */
  async spooledValues(run: Run): Promise<void> {
    for (const path of await this.#ports.blobs.list(paths.spoolOf(run.id))) {
      if (/\/values-[^/]*$/.test(path)) await this.#drop(path, 'spool');
    }
  }

  /** Those of an ended run include what tries that came to nothing have left. */
  async #lists(run: Run): Promise<readonly string[]> {
    if (isEnded(run.state)) return this.#ports.blobs.list(paths.pagesOf(run.id));
    return (run.plan?.lists ?? []).flatMap((list, shard) => [
      paths.changes(run.id, shard, list),
      paths.taggings(run.id, shard, list),
    ]);
  }

  /** Of an ended run only: others still write theirs. A list that becomes empty stays, as its run's rows refer to it. */
  async lists(run: Run): Promise<void> {
    for (const path of await this.#ports.blobs.list(paths.rowsOf(run.id))) await this.#drop(path, 'rows');
  }

  /** Removes the lines of the key, or of a customer that had it. */
  async #drop(path: string, place: keyof Erased): Promise<void> {
    const { blobs } = this.#ports;
    const bytes = await blobs.get(path);
    if (bytes === undefined) return;
    const rows = parseLines<Partial<Named>>(bytes);
    const left = rows.filter(({ key, id = '' }) =>
      key === undefined ? !this.#customers.has(id) : key !== this.#key,
    );
    if (left.length === rows.length) return;
    await blobs.put(path, joinLines(left));
    this.#count(place, rows.length - left.length);
  }

  /** Most blobs do not have it: its bucket is looked at first. */
  async #blankKeyed<T extends Named>(
    path: string,
    place: keyof Erased,
    blank: (row: T) => T,
    isBlank: (row: T) => boolean,
  ): Promise<void> {
    const { blobs } = this.#ports;
    const header = await blobs.getRange(path, 0, headerBytes);
    if (header === undefined) return;
    const bucket = bucketOf(this.#key);
    const { from, to } = rangeOf(readHeader(header), { from: bucket, to: bucket + 1 });
    const lines = await blobs.getRange(path, from, to);
    if (lines === undefined || !Buffer.from(lines).includes(this.#key)) return;
    await this.#blank(path, place, blank, isBlank, true);
  }

  async #blank<T extends Named>(
    path: string,
    place: keyof Erased,
    blank: (row: T) => T,
    isBlank: (row: T) => boolean,
    isKeyed = false,
  ): Promise<void> {
    const bytes = await this.#ports.blobs.get(path);
    if (bytes === undefined) return;
    const found = blankLines(bytes, this.#key, blank, { isKeyed });
    for (const { id } of found.rows) this.#customers.add(id);
    if (found.bytes === null) return;
    await this.#ports.blobs.put(path, found.bytes);
    this.#count(place, found.rows.filter((row) => !isBlank(row)).length);
  }

  #count(place: keyof Erased, rows: number): void {
    this.erased = { ...this.erased, [place]: this.erased[place] + rows };
  }
}
