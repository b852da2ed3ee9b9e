import { prefixesFor } from '../../domain/slicing.ts';
import type { SourceAnswer } from '../../ports/source.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import { isFilterRefusal, requestFault } from './faults.ts';
import {
  afterNothing,
  afterRefusal,
  filtered,
  otherwiseFilter,
  prefixFilter,
  type SegmentForm,
} from './filter.ts';
import { membershipsAddress } from './memberships.ts';
import { idColumn, membershipTable, profileSet } from './names.ts';
import { membershipsOf } from './rows.ts';
import type { Extent } from './slice-spec.ts';

const samplePrefix = '00';
/** Ids are hash-like and evenly spread, so two hex digits stand for one in 256 of them. */
const sampleShare = 256;
const samplePages = 4;

interface Sample {
  readonly rows: number;
  readonly form: SegmentForm;
}

/** Rows to be read, from those of one prefix; `undefined` where the environment refuses to filter by prefix. */
const sample = async (
  client: Client,
  segments: readonly string[],
): Promise<SourceAnswer<Sample | undefined>> => {
  let form: SegmentForm = 'escaped';
  for (;;) {
    const url = membershipsAddress(client, segments, form, prefixFilter(samplePrefix));
    const chain = await readChain(client, url, samplePages);
    if (chain.kind === 'denied') {
      if (!isFilterRefusal(chain.status)) return requestFault(chain, membershipTable, []);
      const next: SegmentForm | null = afterRefusal[form];
      if (next === null) return { kind: 'ok', value: undefined };
      form = next;
      continue;
    }
    if (chain.kind !== 'ok') return chain;
    const { rows, complete } = chain.value;
    const next: SegmentForm | null = afterNothing[form];
    const nobody = complete && membershipsOf(rows, segments).memberships.length === 0;
    if (!nobody || next === null)
      return { kind: 'ok', value: { rows: estimate(rows.length, complete), form } };
    form = next;
  }
};

const estimate = (rows: number, complete: boolean): number => rows * sampleShare * (complete ? 1 : 2);

/** About how many profiles there are; `undefined` where that cannot be told now. It only spares requests. */
const countProfiles = async (client: Client): Promise<number | undefined> => {
  const url = client.address(profileSet, { ...filtered(prefixFilter(samplePrefix)), $select: idColumn });
  const chain = await readChain(client, url, samplePages);
  return chain.kind === 'ok' ? estimate(chain.value.rows.length, chain.value.complete) : undefined;
};

/**
 * Whether every member's id begins with one of the prefixes. An id of another shape would be read by no slice and its
 * customer taken for one who left, so a check that cannot be made counts as failed: one long chain is slow but whole.
 */
const covers = async (
  client: Client,
  segments: readonly string[],
  form: SegmentForm,
  prefixes: readonly string[],
): Promise<SourceAnswer<boolean>> => {
  const url = membershipsAddress(client, segments, form, otherwiseFilter(prefixes));
  const chain = await readChain(client, url, 5);
  if (chain.kind === 'throttled') return chain;
  if (chain.kind !== 'ok') return { kind: 'ok', value: false };
  const { rows, complete } = chain.value;
  const { memberships, oddMemberships } = membershipsOf(rows, segments);
  return { kind: 'ok', value: complete && memberships.length === 0 && oddMemberships === 0 };
};

/**
 * The parts in which these segments can be read side by side; one without a prefix reads everything. `verdict`: whether
 * the environment can be read by prefixes at all.
 */
export const extentsOf = async (
  client: Client,
  segments: readonly string[],
  verdict: () => Promise<SourceAnswer<boolean>>,
): Promise<SourceAnswer<readonly Extent[]>> => {
  const sampled = await sample(client, segments);
  if (sampled.kind !== 'ok') return sampled;
  if (sampled.value === undefined) return { kind: 'ok', value: [{ prefix: '', profilePages: undefined }] };
  const { rows, form } = sampled.value;
  const profiles = await countProfiles(client);
  const cut = (prefixes: readonly string[]): SourceAnswer<readonly Extent[]> => {
    const profilePages =
      profiles === undefined
        ? undefined
        : Math.max(1, Math.ceil(profiles / prefixes.length / client.pageSize));
    return { kind: 'ok', value: prefixes.map((prefix) => ({ prefix, profilePages })) };
  };

  const prefixes = prefixesFor(rows);
  if (prefixes.length === 1) return cut(prefixes);
  const usable = await verdict();
  if (usable.kind !== 'ok') return usable;
  if (!usable.value) return cut(['']);
  const whole = await covers(client, segments, form, prefixesFor(10_000));
  if (whole.kind !== 'ok') return whole;
  return cut(whole.value ? prefixes : ['']);
};
