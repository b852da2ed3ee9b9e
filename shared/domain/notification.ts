import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { exportOf, type RunId } from './ids.ts';
import { type NewsEvent, newsEvents } from './news.ts';
import type { Run } from './run.ts';

export const notificationFormats = ['webhook', 'teams'] as const;

/** Who is told of what. The address itself, and the signing secret, lie in the vault. */
export const notificationDefinition = z.strictObject({
  host: z.string().min(1).max(253),
  format: z.enum(notificationFormats),
  on: z.array(z.enum(newsEvents)).min(1).max(newsEvents.length),
  enabled: z.boolean(),
});
export type NotificationDefinition = z.infer<typeof notificationDefinition>;

/** What the vault keeps of it. */
const addressee = z.object({ url: z.string(), secret: z.string().nullable() });
export type Addressee = z.infer<typeof addressee>;

/** `null`: it was not written by the app. JSON's own error would quote it. */
export const parseAddressee = (text: string): Addressee | null => {
  try {
    return addressee.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
};

/** What is told of a run: ids, states, codes and counts only. */
export interface Notice {
  /** The same however often it is sent. */
  readonly id: string;
  readonly event: NewsEvent | 'test';
  readonly export: string | null;
  readonly run: RunId | null;
  readonly kind: Run['kind'] | null;
  readonly reason: string | null;
  readonly at: string;
  readonly counts: Readonly<Record<string, number>>;
}

const countsOf = ({ tally, plan }: Pick<Run, 'tally' | 'plan'>): Notice['counts'] => {
  if (tally !== null) {
    const { read, accepted, unchanged, duplicate, invalid, refused, failed, unsent, leaves } = tally;
    const left = leaves.accepted;
    return { read, accepted, unchanged, duplicate, invalid, refused, failed, unsent, left };
  }
  if (plan === null) return {};
  const { upserts, joined, leaves } = plan.tally;
  return { upserts, newToOmnisend: joined, leaves };
};

export const noticeOf = (run: Run, event: NewsEvent): Notice => ({
  id: `${run.id}/${event}`,
  event,
  export: exportOf(run.id),
  run: run.id,
  kind: run.kind,
  reason: event === 'recovered' ? null : (run.reason?.code ?? null),
  at: new Date(run.endedAt ?? run.stages?.held ?? run.progressAt).toISOString(),
  counts: countsOf(run),
});

export const testNotice = (now: number): Notice => ({
  id: `test/${now}`,
  event: 'test',
  export: null,
  run: null,
  kind: null,
  reason: null,
  at: new Date(now).toISOString(),
  counts: {},
});

const titles: Readonly<Record<Notice['event'], string>> = {
  failed: 'A run failed',
  partial: 'A run is partial: some rows were refused or have no final answer',
  held: 'A run is held and waits for approval',
  recovered: 'A run succeeded again',
  test: 'A test: notifications of runs arrive here',
};

/** https://adaptivecards.io/explorer, in the envelope that the webhook of a Teams workflow takes. */
const cardOf = ({ event, export: id, run, reason, at, counts }: Notice): object => {
  const facts = Object.entries({ export: id, run, reason, at, ...counts }).flatMap(([title, value]) =>
    value === null ? [] : [{ title, value: String(value) }],
  );
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', text: titles[event], weight: 'Bolder', size: 'Medium', wrap: true },
            { type: 'FactSet', facts },
          ],
        },
      },
    ],
  };
};

export interface Letter {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** HMAC-SHA256 over `<seconds since 1970>.<body>`, so that neither can be changed, nor an old one sent again. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/** As it is sent. A card is not signed: the address of a Teams workflow is its secret. */
export const letterOf = (
  notice: Notice,
  format: NotificationDefinition['format'],
  secret: string | null,
  now: number,
): Letter => {
  if (format === 'teams') return { body: JSON.stringify(cardOf(notice)), headers: {} };
  const body = JSON.stringify(notice);
  const timestamp = String(Math.floor(now / 1000));
  return {
    body,
    headers: {
      'x-export-timestamp': timestamp,
      ...(secret !== null && { 'x-export-signature': signatureOf(secret, timestamp, body) }),
    },
  };
};
