import type { SegmentInfo, SourceAnswer } from '../../ports/source.ts';
import { isRow, type Row } from './cell.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';

const metadataSet = 'mscipriv_segmentmetadata';
const maxPages = 10;

/**
 * The segment metadata; `undefined` where the environment does not show it, or where it is empty or too long, and so
 * proves nothing.
 */
export const readMetadata = async (client: Client): Promise<SourceAnswer<readonly Row[] | undefined>> => {
  const chain = await readChain(client, client.address(metadataSet, {}), maxPages);
  if (chain.kind === 'denied') return { kind: 'ok', value: undefined };
  if (chain.kind !== 'ok') return chain;
  const rows = chain.value.rows.filter(isRow);
  return { kind: 'ok', value: chain.value.complete && rows.length > 0 ? rows : undefined };
};

/** Whether a row is about a segment. The table's columns are not published, so any text may be its name. */
export const isAbout = (row: Row, segment: string): boolean => Object.values(row).includes(segment);

interface Cell {
  /** The column without its publisher's prefix, in lower case. */
  readonly name: string;
  readonly value: unknown;
}

const cellsOf = (row: Row): readonly Cell[] =>
  Object.entries(row).map(([column, value]) => ({
    name: column.toLowerCase().replace(/^[a-z]+_/, ''),
    value,
  }));

const textNamed = (cells: readonly Cell[], pattern: RegExp): string | undefined =>
  cells
    .filter(({ name }) => pattern.test(name))
    .map(({ value }) => value)
    .find((value): value is string => typeof value === 'string' && value.trim() !== '');

const nameColumns = [
  'name',
  'segmentname',
  'internalname',
  'uniquename',
  'outputtablename',
  'outputentityname',
  'entityname',
].map((name) => new RegExp(`^${name}$`));

const countColumn =
  /member.*count|count.*member|^(?:members|membercount|entitycount|customercount|rowcount|count|size)$/;
const evaluatedColumn = /evaluat|lastrefresh|refreshed/;
const stateColumn = /state|status|active/;
const inactiveText = /inactive|deactivated|disabled/i;
const activeText = /^(?:active|activated|enabled)$/i;

export const countOf = (row: Row): number | null => {
  for (const { name, value } of cellsOf(row)) {
    if (!countColumn.test(name)) continue;
    const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  }
  return null;
};

/** Only what is said in words counts: numbers such as `statecode` tell of the row and not of the segment. */
export const stateOf = (row: Row): SegmentInfo['state'] => {
  const cells = cellsOf(row);
  const said = cells.filter(({ name }) => stateColumn.test(name)).map(({ value }) => value);
  // A name or description may say so too, and means something else.
  const tags = cells.filter(({ name }) => /tag|label|reason/.test(name)).map(({ value }) => value);
  const isTagged = [...tags, ...said].some(
    (value) => typeof value === 'string' && /auto\W?deactivated/i.test(value),
  );
  if (isTagged || said.some((value) => typeof value === 'string' && inactiveText.test(value)))
    return 'inactive';
  if (cells.some(({ name, value }) => name === 'isactive' && value === false)) return 'inactive';
  if (said.some((value) => typeof value === 'string' && activeText.test(value.trim()))) return 'active';
  return cells.some(({ name, value }) => name === 'isactive' && value === true) ? 'active' : 'unknown';
};

const evaluatedAtOf = (cells: readonly Cell[]): number | null => {
  const at = Date.parse(textNamed(cells, evaluatedColumn) ?? '');
  return Number.isNaN(at) ? null : at;
};

const dayMs = 86_400_000;
/** Long before the clean-up after 45 days. */
const oldAfterDays = 30;

const warningOf = (
  state: SegmentInfo['state'],
  evaluatedAt: number | null,
  now: number,
): string | undefined => {
  if (state === 'inactive')
    return 'It is inactive, so its members are no longer kept up to date; a run would fail.';
  if (evaluatedAt === null || now - evaluatedAt < oldAfterDays * dayMs) return undefined;
  const days = Math.floor((now - evaluatedAt) / dayMs);
  return `Its members were last found ${days} days ago. Segments that nothing in Customer Insights uses are switched off after 45 days; this export does not count as use, so turn on "Disable auto cleanup".`;
};

/** What a row tells of its segment; `undefined` where not even the name can be told. */
export const segmentOf = (row: Row, now: number): SegmentInfo | undefined => {
  const cells = cellsOf(row);
  const name = nameColumns.map((pattern) => textNamed(cells, pattern)).find((text) => text !== undefined);
  if (name === undefined) return undefined;
  const state = stateOf(row);
  const evaluatedAt = evaluatedAtOf(cells);
  const warning = warningOf(state, evaluatedAt, now);
  return {
    name,
    friendlyName: textNamed(cells, /friendly|display/) ?? name,
    members: countOf(row),
    state,
    evaluatedAt,
    ...(warning !== undefined && { warning }),
  };
};
