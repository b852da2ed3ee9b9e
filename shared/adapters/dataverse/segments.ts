import type { ConfigurationFault } from '../../domain/answers.ts';
import type { SourceAnswer, SourceFault } from '../../ports/source.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import { missingSegment } from './faults.ts';
import { afterNothing, afterRefusal, type SegmentForm } from './filter.ts';
import { membershipsAddress } from './memberships.ts';
import { membershipsOf } from './rows.ts';

/** A wait, or a fault that would meet every other request as well; `undefined` for one that only means "not known". */
const stops = (kind: SourceFault['kind'] | 'denied'): boolean =>
  kind === 'throttled' || kind === 'configuration';

/**
 * Every text in the segment metadata. Its columns are not published, so a segment counts as known where any of them
 * is its name. `undefined`: the table cannot be read, is empty or too long, and proves nothing.
 */
const metadataTexts = async (client: Client): Promise<SourceAnswer<ReadonlySet<string> | undefined>> => {
  const chain = await readChain(client, client.address('mscipriv_segmentmetadata', {}), 10);
  if (chain.kind !== 'ok') {
    if (chain.kind !== 'denied' && stops(chain.kind)) return chain;
    return { kind: 'ok', value: undefined };
  }
  const { rows, complete } = chain.value;
  if (!complete || rows.length === 0) return { kind: 'ok', value: undefined };
  const texts = rows
    .filter((row) => typeof row === 'object' && row !== null)
    .flatMap((row) => Object.values(row))
    .filter((value) => typeof value === 'string');
  return { kind: 'ok', value: new Set(texts) };
};

/** Whether it is certain that nobody is in a segment. */
const isEmpty = async (client: Client, segment: string): Promise<SourceAnswer<boolean>> => {
  let form: SegmentForm | null = 'escaped';
  while (form !== null) {
    const chain = await readChain(client, membershipsAddress(client, [segment], form), 20);
    if (chain.kind === 'denied') {
      form = afterRefusal[form];
      continue;
    }
    if (chain.kind !== 'ok') return chain;
    const { rows, complete } = chain.value;
    const { memberships, oddMemberships } = membershipsOf(rows, [segment]);
    if (!complete || memberships.length > 0 || oddMemberships > 0) return { kind: 'ok', value: false };
    if (form === 'bare' || form === 'none') return { kind: 'ok', value: true };
    form = afterNothing[form];
  }
  return { kind: 'ok', value: false };
};

/** Segments that have no member and that the environment does not know. An empty one that it knows is in order. */
export const segmentFaults = async (
  client: Client,
  segments: readonly string[],
): Promise<SourceAnswer<readonly ConfigurationFault[]>> => {
  const texts = await metadataTexts(client);
  if (texts.kind !== 'ok') return texts;
  const { value } = texts;
  const unknown = value === undefined ? [] : segments.filter((segment) => !value.has(segment));
  const faults: ConfigurationFault[] = [];
  for (const segment of unknown) {
    const empty = await isEmpty(client, segment);
    if (empty.kind !== 'ok') return empty;
    if (empty.value) faults.push(missingSegment(segment));
  }
  return { kind: 'ok', value: faults };
};
