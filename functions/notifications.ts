import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { newsEvents } from '../shared/domain/news.ts';
import { notificationDefinition, notificationFormats } from '../shared/domain/notification.ts';
import type {
  NotificationsRemoved,
  NotificationsSaved,
  NotificationsTested,
  NotificationsView,
  VaultFault,
  WantedNotifications,
} from '../shared/steps/notifications.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { changedMeanwhile, etag, ifMatchOf, ifMatchRequired } from './if-match.ts';
import { problem, tryLater } from './problem.ts';

/** What is written and never read back: `url` and `secret`. Left out, those that are stored stay. */
export const notificationsBody = z.strictObject({
  url: z.string().min(1).max(2_000).optional(),
  /** Signs each webhook. */
  secret: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, 'give 16 to 200 visible ASCII characters')
    .optional(),
  format: z.enum(notificationFormats),
  on: z
    .array(z.enum(newsEvents))
    .min(1, 'name at least one event')
    .refine((events) => new Set(events).size === events.length, 'name each event once')
    .default([...newsEvents]),
  enabled: z.boolean().default(true),
});

const touch = z.object({
  at: z.iso.datetime(),
  by: z.object({ id: z.string(), name: z.string().nullable() }),
});

export const notificationsView = z.object({
  ...notificationDefinition.shape,
  revision: z.int(),
  created: touch,
  updated: touch,
  history: z.array(touch.extend({ revision: z.int(), what: z.string() })),
});

const touched = ({ at, by }: NotificationsView['updated']) => ({ at: new Date(at).toISOString(), by });

const shown = (view: NotificationsView): HttpResponseInit => {
  const { definition, revision, created, updated, history } = view;
  const jsonBody: z.infer<typeof notificationsView> = {
    ...definition,
    revision,
    created: touched(created),
    updated: touched(updated),
    history: history.map((one) => ({ ...touched(one), revision: one.revision, what: one.what })),
  };
  return { headers: etag(view), jsonBody };
};

const none = (): HttpResponseInit =>
  problem(404, 'No notifications', 'Nobody is told of runs. PUT the same address to change that.');

type Conflict = Extract<NotificationsSaved, { kind: 'changed' | 'precondition-required' }>;

const conflicting = (answer: Conflict): HttpResponseInit =>
  answer.kind === 'changed' ? changedMeanwhile(answer.revision) : ifMatchRequired();

const vaultFaulted = (fault: VaultFault): HttpResponseInit =>
  fault.kind === 'vault-unavailable'
    ? tryLater('Key Vault cannot be reached', 'Nothing has changed. Try again.', 15, { code: 'unreachable' })
    : problem(
        422,
        'The vault refuses the app',
        'Give the app the role Key Vault Secrets Officer on its vault; where its secret is gone, send url and secret.',
        { code: 'vault-forbidden' },
      );

/** `GET /api/notifications`: who is told of what, but for the address and the secret. */
export const showNotifications =
  (get: () => Promise<NotificationsView | undefined>): ApiHandler =>
  async () => {
    const view = await get();
    return view === undefined ? none() : shown(view);
  };

const remedy = 'Send {"url": "https://…", "secret": "…", "format": "webhook" | "teams", "on": […]}.';

/** `PUT /api/notifications`: nothing is sent; `POST /api/notifications/test` does that. */
export const putNotifications =
  (
    save: (
      caller: Caller,
      wanted: WantedNotifications,
      ifRevision: number | null,
    ) => Promise<NotificationsSaved>,
  ): ApiHandler =>
  async (http, caller) => {
    const asked = await readBody(http, notificationsBody, remedy);
    if (asked.kind === 'wrong') return asked.answer;
    const answer = await save(caller, asked.value, ifMatchOf(http) ?? null);
    switch (answer.kind) {
      case 'saved':
        return { status: answer.isNew ? 201 : 200, ...shown(answer.view) };
      case 'changed':
      case 'precondition-required':
        return conflicting(answer);
      case 'off':
        return problem(
          409,
          'Notifications are off',
          'Name the hosts to which they may go in the setting NOTIFY_HOSTS of the app.',
        );
      case 'refused': {
        const errors = [{ field: answer.field, message: answer.reason }];
        return problem(422, 'The body is wrong', remedy, { errors });
      }
      default:
        return vaultFaulted(answer);
    }
  };

/** `DELETE /api/notifications`: nobody is told any more. */
export const deleteNotifications =
  (remove: (caller: Caller, ifRevision: number | null) => Promise<NotificationsRemoved>): ApiHandler =>
  async (http, caller) => {
    const answer = await remove(caller, ifMatchOf(http) ?? null);
    switch (answer.kind) {
      case 'removed':
        return { status: 204 };
      case 'none':
        return none();
      default:
        return conflicting(answer);
    }
  };

/** `POST /api/notifications/test`: sends one now. */
export const tryNotifications =
  (send: () => Promise<NotificationsTested>): ApiHandler =>
  async () => {
    const answer = await send();
    switch (answer.kind) {
      case 'delivered':
        return { jsonBody: { state: 'delivered' } };
      case 'none':
        return none();
      case 'failed':
        return problem(422, 'It was not delivered', remedyFor(answer.code), { code: answer.code });
      default:
        return vaultFaulted(answer);
    }
  };

const remedyFor = (code: string): string => {
  switch (code) {
    case 'host-not-allowed':
      return 'The setting NOTIFY_HOSTS no longer allows the host. Add it there, or PUT another address.';
    case 'address-not-public':
      return 'The host has an address that is not public. PUT the address of one that is.';
    case 'redirect':
      return 'The receiver redirects, which is not followed. PUT the address that it redirects to.';
    case 'time-out':
      return 'The receiver did not answer within 10 seconds. It should answer first, and work then.';
    default:
      return 'The receiver did not take it. Look there, or PUT another address.';
  }
};
