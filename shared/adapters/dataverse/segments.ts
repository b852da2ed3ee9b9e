import type { ConfigurationFault } from '../../domain/answers.ts';
import { segmentName } from '../../domain/definition.ts';
import type { SegmentInfo, SourceAnswer } from '../../ports/source.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import { inactiveSegment, missingSegment, requestFault } from './faults.ts';
import { afterNothing, afterRefusal, type SegmentForm } from './filter.ts';
import { membershipsAddress } from './memberships.ts';
import { isAbout, readMetadata, segmentOf, stateOf } from './metadata.ts';
import { membershipTable } from './names.ts';
import { membershipsOf, segmentsNamedIn } from './rows.ts';

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

/**
 * Segments that are inactive, and those that have no member and that the environment does not know. An empty one that
 * it knows is in order.
 */
export const segmentFaults = async (
  client: Client,
  segments: readonly string[],
): Promise<SourceAnswer<readonly ConfigurationFault[]>> => {
  const metadata = await readMetadata(client);
  // It only adds to what the memberships show, so a run does not wait for it.
  if (metadata.kind === 'transient') return { kind: 'ok', value: [] };
  if (metadata.kind !== 'ok') return metadata;
  const known = metadata.value;
  if (known === undefined) return { kind: 'ok', value: [] };
  const faults: ConfigurationFault[] = [];
  for (const segment of segments) {
    const rows = known.filter((row) => isAbout(row, segment));
    if (rows.some((row) => stateOf(row) === 'inactive')) faults.push(inactiveSegment(segment));
    if (rows.length > 0) continue;
    const empty = await isEmpty(client, segment);
    if (empty.kind !== 'ok') return empty;
    if (empty.value) faults.push(missingSegment(segment));
  }
  return { kind: 'ok', value: faults };
};

/** Enough to meet every segment that is not tiny. */
const samplePages = 5;

/** The segments as their metadata lists them, else those that some memberships show. */
export const listSegments = async (
  client: Client,
  now: number,
): Promise<SourceAnswer<readonly SegmentInfo[]>> => {
  const metadata = await readMetadata(client);
  if (metadata.kind !== 'ok') return metadata;
  const known = (metadata.value ?? []).flatMap((row) => segmentOf(row, now) ?? []);
  if (known.length > 0) return { kind: 'ok', value: byName(known) };
  const chain = await readChain(client, membershipsAddress(client, [], 'none'), samplePages);
  if (chain.kind === 'denied') return requestFault(chain, membershipTable, []);
  if (chain.kind !== 'ok') return chain;
  const shown = segmentsNamedIn(chain.value.rows).map(
    (name): SegmentInfo => ({ name, friendlyName: name, members: null, state: 'unknown', evaluatedAt: null }),
  );
  return { kind: 'ok', value: byName(shown) };
};

/** Each name once, in order, and only those that an export can name. */
const byName = (segments: readonly SegmentInfo[]): readonly SegmentInfo[] =>
  [...new Map(segments.map((segment) => [segment.name, segment])).values()]
    .filter(({ name }) => segmentName.safeParse(name).success)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
