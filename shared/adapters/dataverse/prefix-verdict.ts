import type { PrefixVerdict } from '../../domain/prefix-verdict.ts';
import { prefixesFor } from '../../domain/slicing.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SourceAnswer, SourceFault } from '../../ports/source.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import { isFilterRefusal, requestFault } from './faults.ts';
import { filtered, otherwiseFilter, prefixFilter } from './filter.ts';
import { idColumn, membershipSet, profileSet } from './names.ts';
import { textsIn } from './rows.ts';

/** Where a verdict outlives the process. */
export interface VerdictMemory {
  load(): Promise<PrefixVerdict | undefined>;
  save(verdict: PrefixVerdict): Promise<void>;
}

const validMs = 7 * 86_400_000;
const hexId = /^[0-9a-f]{32}$/;
const samplePages = 20;
/** The sixteen with which every id begins. */
const hexDigits = prefixesFor(10_000);
/** A prefix's page may take as long as two plain ones, and a second more: no two requests take the same time. */
const slackMs = 1_000;

/** `unanswered`: nothing is known, so the one long chain is read this time, and the next run asks again. */
type Finding = PrefixVerdict['reason'] | 'unanswered';

/** The two hex digits with which most of the ids begin. */
const commonestPrefix = (ids: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id.slice(0, 2), (counts.get(id.slice(0, 2)) ?? 0) + 1);
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? '00';
};

interface Look {
  readonly ids: readonly string[];
  readonly rows: number;
  readonly complete: boolean;
  readonly tookMs: number;
}

/** A look that showed nothing: a finding already, or a fault that the run waits for or ends with. */
type NoLook = { readonly kind: 'finding'; readonly finding: Finding } | SourceFault;

/**
 * Holds what one prefix gives against what a plain page gives: a row that the plain page has and the prefix has not
 * would be missing from every run.
 */
const examine = async (
  client: Client,
  set: string,
): Promise<{ readonly kind: 'finding'; readonly finding: Finding } | SourceFault> => {
  const finding = (found: Finding): NoLook => ({ kind: 'finding', finding: found });
  const look = async (
    filter: string | undefined,
    pages: number,
  ): Promise<({ readonly kind: 'look' } & Look) | NoLook> => {
    const url = client.address(set, { ...filtered(filter), $select: idColumn });
    const chain = await readChain(client, url, pages);
    if (chain.kind === 'denied') {
      return isFilterRefusal(chain.status) ? finding('refused') : requestFault(chain, set, []);
    }
    // A filter that makes the service look at every row may well run into its time limit.
    if (chain.kind === 'transient' || chain.kind === 'link-dead') return finding('unanswered');
    if (chain.kind !== 'ok') return chain;
    const { rows, complete, tookMs } = chain.value;
    return {
      kind: 'look',
      ids: textsIn(rows, idColumn),
      rows: rows.length,
      complete,
      tookMs,
    };
  };

  const plain = await look(undefined, 1);
  if (plain.kind !== 'look') return plain;
  if (plain.ids.length !== plain.rows || !plain.ids.every((id) => hexId.test(id)))
    return finding('other-ids');

  const prefix = commonestPrefix(plain.ids);
  const first = await look(prefixFilter(prefix), 1);
  if (first.kind !== 'look') return first;
  if (first.tookMs > 2 * plain.tookMs + slackMs) return finding('slow');
  const whole = first.complete ? first : await look(prefixFilter(prefix), samplePages);
  if (whole.kind !== 'look') return whole;
  const given = new Set(whole.ids);
  const isWhole = plain.ids.every((id) => !id.startsWith(prefix) || given.has(id));
  const isPure = whole.ids.every((id) => id.startsWith(prefix));
  if (!whole.complete || !isWhole || !isPure) return finding('incomplete');

  const outside = await look(otherwiseFilter(hexDigits), 5);
  if (outside.kind !== 'look') return outside;
  return finding(outside.complete && outside.rows === 0 ? 'complete' : 'other-ids');
};

/** The verdict of this environment, found out anew where none is remembered or it is older than a week. */
export const prefixVerdicts = (
  clock: Pick<Clock, 'now'>,
  memory?: VerdictMemory,
): ((client: Client) => Promise<SourceAnswer<boolean>>) => {
  let known: PrefixVerdict | undefined;
  return async (client) => {
    known ??= await memory?.load();
    if (known !== undefined && clock.now() - known.checkedAt < validMs)
      return { kind: 'ok', value: known.usable };
    let reason: PrefixVerdict['reason'] = 'complete';
    for (const set of [membershipSet, profileSet]) {
      const found = await examine(client, set);
      if (found.kind !== 'finding') return found;
      if (found.finding === 'unanswered') return { kind: 'ok', value: false };
      reason = found.finding;
      if (reason !== 'complete') break;
    }
    known = { usable: reason === 'complete', reason, checkedAt: clock.now() };
    await memory?.save(known);
    return { kind: 'ok', value: known.usable };
  };
};
