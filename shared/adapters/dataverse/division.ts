import { prefixesFor } from '../../domain/slicing.ts';
import type { SourceAnswer } from '../../ports/source.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import { requestFault } from './faults.ts';
import { afterNothing, afterRefusal, otherwiseFilter, prefixFilter, type SegmentForm } from './filter.ts';
import { membershipsAddress } from './memberships.ts';
import { membershipTable } from './names.ts';
import { membershipsOf } from './rows.ts';

const samplePrefix = '00';
/** Ids are hash-like and evenly spread, so two hex digits stand for one in 256 of them. */
const sampleShare = 256;
const samplePages = 4;

interface Sample {
  readonly rows: number;
  readonly form: SegmentForm;
}

const refusedFilter = (status: number): boolean => status === 400 || status === 501;

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
      if (!refusedFilter(chain.status)) return requestFault(chain, membershipTable, []);
      const next: SegmentForm | null = afterRefusal[form];
      if (next === null) return { kind: 'ok', value: undefined };
      form = next;
      continue;
    }
    if (chain.kind !== 'ok') return chain;
    const { rows, complete } = chain.value;
    const next: SegmentForm | null = afterNothing[form];
    const nobody = complete && membershipsOf(rows, segments).memberships.length === 0;
    if (!nobody || next === null) {
      return { kind: 'ok', value: { rows: rows.length * sampleShare * (complete ? 1 : 2), form } };
    }
    form = next;
  }
};

/**
 * Whether every member's id begins with one of the prefixes. An id of another shape would be read by no slice and its
 * customer taken for one who left, so a check that cannot be made counts as failed: one long chain is slow but whole.
 */
const covers = async (
  client: Client,
  segments: readonly string[],
  form: SegmentForm,
): Promise<SourceAnswer<boolean>> => {
  const url = membershipsAddress(client, segments, form, otherwiseFilter(prefixesFor(sampleShare * 100)));
  const chain = await readChain(client, url, 5);
  if (chain.kind === 'throttled') return chain;
  if (chain.kind !== 'ok') return { kind: 'ok', value: false };
  const { rows, complete } = chain.value;
  const { memberships, oddMemberships } = membershipsOf(rows, segments);
  return { kind: 'ok', value: complete && memberships.length === 0 && oddMemberships === 0 };
};

/** The prefixes by which these segments can be read side by side; the empty one alone reads everything. */
export const prefixesOf = async (
  client: Client,
  segments: readonly string[],
): Promise<SourceAnswer<readonly string[]>> => {
  const estimate = await sample(client, segments);
  if (estimate.kind !== 'ok') return estimate;
  if (estimate.value === undefined) return { kind: 'ok', value: [''] };
  const prefixes = prefixesFor(estimate.value.rows);
  if (prefixes.length === 1) return { kind: 'ok', value: prefixes };
  const whole = await covers(client, segments, estimate.value.form);
  if (whole.kind !== 'ok') return whole;
  return { kind: 'ok', value: whole.value ? prefixes : [''] };
};
