import { z } from 'zod';
import { type Merged, merge } from './merge.ts';

/**
 * What Omnisend's documentation leaves open, the likeliest answer named first; a client must hold
 * under every one of them.
 */
const switchesSchema = z.strictObject({
  missingVersion: z.enum(['reject', 'accept']),
  retiredVersions: z.array(z.string()),
  rateBudget: z.enum(['shared', 'perEndpoint']),
  tagsCountInDefaultBudget: z.boolean(),
  retryAfterInBody: z.boolean(),
  rateHeaders: z.enum(['none', 'v3']),
  refusedCallsCount: z.boolean(),
  unknownBodyFields: z.enum(['ignored', 'strict']),
  emailMatch: z.enum(['exactCase', 'caseFolding']),
  ownedIdentifierOnPost: z.enum(['409', '400', '200']),
  ownedIdentifierOnPatch: z.enum(['409', 'ignored']),
  customProperties: z.enum(['merge', 'replace']),
  emptyTags: z.enum(['clear', 'ignored']),
  equalStatusDate: z.enum(['applied', 'ignored']),
  nonSubscribedOverSubscribed: z.enum(['applied', 'protected']),
  newContactStatus: z.enum(['nonSubscribed', 'subscribed']),
  overLargeBody: z.enum(['413', 'accepted']),
  gzipBodies: z.enum(['accepted', '415']),
  itemProblem: z.enum(['problem', 'legacy']),
  itemSuccess: z.enum(['contactID', 'contact', 'empty']),
  pendingItems: z.enum(['listed', 'hidden']),
  origin: z.enum(['echoed', 'dropped', 'api']),
  batchListLagSeconds: z.number().min(0).max(86_400),
  batchListOrder: z.enum(['newestFirst', 'oldestFirst']),
  absentPageLinks: z.enum(['omitted', 'null']),
  fieldPaths: z.enum(['dotted', 'brackets']),
});

export type Switches = z.infer<typeof switchesSchema>;

export const defaultSwitches: Switches = {
  missingVersion: 'reject',
  retiredVersions: [],
  rateBudget: 'shared',
  tagsCountInDefaultBudget: false,
  retryAfterInBody: true,
  rateHeaders: 'none',
  refusedCallsCount: false,
  unknownBodyFields: 'ignored',
  emailMatch: 'exactCase',
  ownedIdentifierOnPost: '409',
  ownedIdentifierOnPatch: '409',
  customProperties: 'merge',
  emptyTags: 'clear',
  equalStatusDate: 'applied',
  nonSubscribedOverSubscribed: 'applied',
  newContactStatus: 'nonSubscribed',
  overLargeBody: '413',
  gzipBodies: 'accepted',
  itemProblem: 'problem',
  itemSuccess: 'contactID',
  pendingItems: 'listed',
  origin: 'echoed',
  batchListLagSeconds: 1,
  batchListOrder: 'newestFirst',
  absentPageLinks: 'omitted',
  fieldPaths: 'dotted',
};

const schemas = { change: switchesSchema.partial(), whole: switchesSchema };

/** Accepts some switches and keeps the rest as they are. */
export const mergeSwitches = (current: Switches, given: unknown): Merged<Switches> =>
  merge(current, given, schemas);
