import type { ExportDefinition } from './definition.ts';
import { fingerprinter, mappingVersion } from './fingerprint.ts';
import type { KeyHash } from './ids.ts';
import { parseLines } from './keyed-blob.ts';
import { markerNames } from './markers.ts';
import type { SnapshotRecord } from './plan.ts';
import type { SpoolRow } from './spool.ts';

/** What is left to be looked at of a shard. */
export interface ShardLines {
  readonly rows: readonly SpoolRow[];
  readonly records: readonly SnapshotRecord[];
  /** Members whose line and record say that Omnisend has all of it; in neither list. */
  readonly unchanged: number;
}

interface Line {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

const newline = 0x0a;
const keyFrom = '{"key":"'.length;
const keyTo = keyFrom + 32;
const segmentsMark = Buffer.from('"segments":');
const contactMark = Buffer.from(',"contact":');

/** Lines of JSON, of which the key alone is read. */
function* linesOf(pieces: readonly Uint8Array[]): Generator<readonly [key: string, line: Line], void> {
  for (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let from = 0; from < bytes.length; ) {
      const found = bytes.indexOf(newline, from);
      const to = found === -1 ? bytes.length : found;
      yield [bytes.toString('latin1', from + keyFrom, from + keyTo), { bytes, from, to }];
      from = to + 1;
    }
  }
}

const parsed = <T>(lines: Iterable<Line>): T[] =>
  [...lines].flatMap(({ bytes, from, to }) => parseLines<T>(bytes.subarray(from, to)));

interface RecordEnd {
  readonly fingerprint: ReturnType<typeof fingerprinter>;
  /** What comes behind the fingerprint. */
  readonly end: string;
}

/** How the record of a member ends to whom Omnisend has been told everything, by the member's segments. */
const recordEnds = (definition: ExportDefinition): ((segments: string) => RecordEnd) => {
  const version = mappingVersion(definition);
  const names = markerNames(definition);
  const known = new Map<string, RecordEnd>();
  const endFor = (segments: string): RecordEnd => {
    const positions: readonly number[] = JSON.parse(segments);
    const wanted = names.filter((_, position) => positions.includes(position)).sort();
    const markers = definition.marker === 'property' ? wanted : [];
    const tags = definition.marker === 'tag' ? wanted : [];
    const end = `"markers":${JSON.stringify(markers)}${tags.length > 0 ? `,"tags":${JSON.stringify(tags)}` : ''}}`;
    const made: RecordEnd = { fingerprint: fingerprinter(markers, version), end };
    known.set(segments, made);
    return made;
  };
  return (segments) => known.get(segments) ?? endFor(segments);
};

export const parseAll = (spool: readonly Uint8Array[], snapshot: readonly Uint8Array[]): ShardLines => ({
  rows: spool.flatMap((piece) => parseLines<SpoolRow>(piece)),
  records: snapshot.flatMap((piece) => parseLines<SnapshotRecord>(piece)),
  unchanged: 0,
});

/**
 * Sets aside the members of whom a line of the spool and the record of the snapshot show, as they lie there, that
 * nothing is to be told: most of a large segment from one day to the next, and to parse them all is most of the work of
 * planning. Whatever is not plainly so is left to be looked at: a key of several rows, one that was forgotten, a blank.
 */
export const setUnchangedAside = (
  spool: readonly Uint8Array[],
  snapshot: readonly Uint8Array[],
  definition: ExportDefinition,
  forgotten: ReadonlySet<KeyHash>,
): ShardLines => {
  const records = new Map<string, Line>(linesOf(snapshot));
  const rows = new Map<string, Line | readonly Line[]>();
  for (const [key, line] of linesOf(spool)) {
    const before = rows.get(key);
    rows.set(key, before === undefined ? line : [...('from' in before ? [before] : before), line]);
  }
  const hidden: ReadonlySet<string> = forgotten;
  const endOf = recordEnds(definition);
  let unchanged = 0;
  for (const [key, row] of rows) {
    const record = records.get(key);
    if (record === undefined || !('from' in row) || hidden.has(key)) continue;
    const { bytes, from, to } = row;
    const segmentsFrom = bytes.indexOf(segmentsMark, from) + segmentsMark.length;
    const segmentsTo = bytes.indexOf(contactMark, segmentsFrom);
    const contactFrom = segmentsTo + contactMark.length;
    if (segmentsFrom < from || segmentsTo < segmentsFrom || contactFrom > to) continue;
    const { fingerprint, end } = endOf(bytes.toString('latin1', segmentsFrom, segmentsTo));
    const told = `"fingerprint":"${fingerprint(bytes, contactFrom, to - 1)}",${end}`;
    // Names of markers are ASCII; a line that ends otherwise is looked at.
    if (record.bytes.toString('latin1', record.to - told.length, record.to) !== told) continue;
    unchanged += 1;
    rows.delete(key);
    records.delete(key);
  }
  return {
    rows: parsed<SpoolRow>([...rows.values()].flat()),
    records: parsed<SnapshotRecord>(records.values()),
    unchanged,
  };
};
