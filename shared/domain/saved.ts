import { z } from 'zod';
import { connectionDefinition, exportDefinition, refreshSchedule } from './definition.ts';
import { notificationDefinition } from './notification.ts';

/** Who did something: a person or an application of Entra by object id, or `key` for who holds the app's own key. */
export const actor = z.object({
  id: z.string().min(1).max(100),
  name: z.string().max(200).nullable(),
});
export type Actor = z.infer<typeof actor>;

const touch = z.object({
  /** Ms since 1970. */
  at: z.number(),
  by: actor,
});
export type Touch = z.infer<typeof touch>;

const history = {
  /** 1, 2, 3 …: one more at every change. */
  revision: z.int().min(1),
  created: touch,
  updated: touch,
};

const change = z.enum(['created', 'edited', 'key-rotated', 'attached', 'detached', 'removed']);

/** Name of a secret in the app's Key Vault. */
export const secretName = z.string().regex(/^[0-9a-zA-Z-]{1,127}$/, 'name a Key Vault secret');

export const savedConnection = z.object({
  definition: connectionDefinition,
  /** The secret that holds the Omnisend key. The key itself is nowhere but in the vault. */
  secretName,
  /** Made by the app, which therefore removes it with the connection. */
  isOwnSecret: z.boolean(),
  /** Who agreed to the data-privacy statement, when, and to which wording of it. */
  consent: touch.extend({ wording: z.string().min(1).max(100) }),
  /** What made the present revision; absent: the app did not make it. */
  change: z.exactOptional(change),
  /** Secrets that the app made for keys which are not, or no longer, the connection's: they are still to be removed. */
  leftSecrets: z.exactOptional(z.array(z.object({ name: secretName, since: z.number() }))),
  /** Its removal has begun, and goes on whenever it is asked for again. */
  removing: z.exactOptional(touch),
  ...history,
});
export type SavedConnection = z.infer<typeof savedConnection>;

export const savedExport = z.object({
  definition: exportDefinition,
  /** Without a connection it keeps its definition, and runs neither on demand nor on schedule. */
  isDetached: z.boolean(),
  /** It is being removed: nobody changes or runs it any more. */
  removing: touch.optional(),
  ...history,
});
export type SavedExport = z.infer<typeof savedExport>;

export const savedRefresh = z.object({
  /** `null`: removed. */
  definition: refreshSchedule.nullable(),
  ...history,
});
export type SavedRefresh = z.infer<typeof savedRefresh>;
export const savedNotifications = z.object({
  /** `null`: removed. The row stays, so that no revision number comes twice. */
  definition: notificationDefinition.nullable(),
  /** The secret that holds the address and the signing secret; another one at each change of either. */
  secretName: secretName.nullable(),
  /** Former ones that the vault may still have: they are still to be removed. */
  leftSecrets: z.exactOptional(z.array(secretName)),
  ...history,
});
export type SavedNotifications = z.infer<typeof savedNotifications>;

/** What a document was from a change on until the next one. */
export const revision = touch.extend({
  revision: z.int().min(1),
  what: change,
  /** The definition as it was saved. */
  definition: z.union([connectionDefinition, exportDefinition, refreshSchedule, notificationDefinition]),
});
export type Revision = z.infer<typeof revision>;
