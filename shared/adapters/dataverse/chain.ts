import type { SourceFault } from '../../ports/source.ts';
import type { Client, Denied } from './client.ts';
import { foreignLink } from './faults.ts';

interface Chain {
  readonly rows: readonly unknown[];
  /** Whether the last page was reached. */
  readonly complete: boolean;
  /** How long the service took for them all. */
  readonly tookMs: number;
}

export type ChainReply = { readonly kind: 'ok'; readonly value: Chain } | Denied | SourceFault;

/** Pages one after the other, at most `maxPages`: for what is small, or for a look. A page may be empty and go on. */
export const readChain = async (
  client: Client,
  first: URL,
  maxPages: number,
  pageSize?: number,
): Promise<ChainReply> => {
  const rows: unknown[] = [];
  let tookMs = 0;
  let url = first;
  for (let page = 0; page < maxPages; page += 1) {
    const reply = await client.get(url, pageSize);
    if (reply.kind !== 'ok') return reply;
    tookMs += reply.value.tookMs;
    for (const row of reply.value.rows) rows.push(row);
    if (reply.value.next === null) return { kind: 'ok', value: { rows, complete: true, tookMs } };
    const next = client.follow(reply.value.next);
    if (next === undefined) return foreignLink(first.pathname);
    url = next;
  }
  return { kind: 'ok', value: { rows, complete: false, tookMs } };
};
