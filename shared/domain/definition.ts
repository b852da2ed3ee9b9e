import { z } from 'zod';
import { connectionId, exportId } from './ids.ts';

/** Contact fields that a profile column can feed; only `email` is required. */
export const optionalFields = [
  'firstName',
  'lastName',
  'address',
  'city',
  'state',
  'postalCode',
  'country',
  'phone',
  'birthdate',
  'gender',
] as const;
export type OptionalField = (typeof optionalFields)[number];

/** A column of the unified profile, as the user knows it (`EMail`); how a source spells it is the source's business. */
const columnName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'name one profile column');

/** Rule of Omnisend for the name of a custom property. */
const propertyName = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,128}$/, 'use 1 to 128 letters, digits and "_"')
  .refine((name) => name !== '__proto__', 'this name is not allowed');

export const propertyType = z.enum(['string', 'number', 'boolean', 'date']);
export type PropertyType = z.infer<typeof propertyType>;

/** The output table name of a segment, e.g. `Male_under_40`; the friendly name may change, this one stays. */
export const segmentName = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,128}$/, 'give the output table name of the segment');

const matching = z.strictObject({
  email: columnName,
  firstName: columnName.optional(),
  lastName: columnName.optional(),
  address: columnName.optional(),
  city: columnName.optional(),
  state: columnName.optional(),
  postalCode: columnName.optional(),
  country: columnName.optional(),
  phone: columnName.optional(),
  birthdate: columnName.optional(),
  gender: columnName.optional(),
});

/** Compared without regard to case. */
const consentValues = z.array(z.string().trim().normalize().toLowerCase().min(1).max(100)).max(50);

/**
 * Where a person's subscription to e-mail is found, and which values of it mean what. `changedAt` is required, because
 * a status without its time would count as changed now, and overrule a later choice of the person in Omnisend.
 */
const consent = z
  .strictObject({
    status: columnName,
    /** Holds moments with a zone (`2026-05-08T10:00:00Z`); a bare date is none. */
    changedAt: columnName,
    subscribed: consentValues.default(['true', 'yes', 'y', '1', 'subscribed', 'opt-in', 'opted-in']),
    unsubscribed: consentValues.default(['false', 'no', 'n', '0', 'unsubscribed', 'opt-out', 'opted-out']),
  })
  .refine(({ status, changedAt }) => status.toLowerCase() !== changedAt.toLowerCase(), {
    path: ['changedAt'],
    message: 'name another column than that of the status',
  })
  .refine(({ subscribed, unsubscribed }) => !subscribed.some((value) => unsubscribed.includes(value)), {
    path: ['unsubscribed'],
    message: 'a value can mean one status only; give both lists',
  })
  .refine(({ subscribed, unsubscribed }) => subscribed.length + unsubscribed.length > 0, {
    path: ['subscribed'],
    message: 'give at least one value that means a status',
  });
export type ConsentMapping = z.infer<typeof consent>;

export const exportDefinition = z.strictObject({
  id: exportId,
  displayName: z.string().trim().min(1).max(100),
  connection: connectionId,
  segments: z
    .array(segmentName)
    .min(1, 'name at least one segment')
    .max(50)
    .refine((names) => new Set(names).size === names.length, 'name each segment once'),
  matching,
  customProperties: z
    .record(propertyName, z.strictObject({ from: columnName, type: propertyType.default('string') }))
    .default({}),
  /** Without it no subscription status is ever sent, so nobody's changes. */
  consent: consent.optional(),
  /** What becomes of an empty source value: left out, so that it wipes nothing, or sent as "no value". */
  onEmpty: z.enum(['omit', 'clear']).default('omit'),
  /** How membership shows in Omnisend: a boolean custom property or a tag per segment, or not at all. */
  marker: z.enum(['property', 'tag', 'none']).default('property'),
  /** Prefix of the marker's name, for two exports of one segment to one brand. */
  markerPrefix: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,40}$/, 'use 1 to 40 letters, digits and "_"')
    .default('segment_'),
  onLeave: z.enum(['mark', 'keep']).default('mark'),
  schedule: z
    .union([
      z.literal('refresh'),
      z.literal('off'),
      z.strictObject({ cron: z.string().min(9).max(100), timeZone: z.string().min(1).max(64) }),
    ])
    .default('refresh'),
  sendWelcomeMessage: z.boolean().default(false),
  guards: z
    .strictObject({
      maxLeaveShare: z.number().min(0).max(1).default(0.2),
      maxInvalidShare: z.number().min(0).max(1).default(0.5),
      minMembers: z.int().min(0).default(1),
      maxMembers: z.int().min(1).default(1_000_000),
      /** Of the members that a segment says it has, the share that may be missing from what was read. */
      maxMissingShare: z.number().min(0).max(1).default(0.05),
      maxNewContacts: z.int().min(0).nullable().default(null),
    })
    .default({
      maxLeaveShare: 0.2,
      maxInvalidShare: 0.5,
      minMembers: 1,
      maxMembers: 1_000_000,
      maxMissingShare: 0.05,
      maxNewContacts: null,
    }),
});
export type ExportDefinition = z.infer<typeof exportDefinition>;

export const connectionDefinition = z.strictObject({
  id: connectionId,
  displayName: z.string().trim().min(1).max(100),
  /** Who may use it in exports. Nobody but administrators may see more of it than its name, or change it. */
  sharedWith: z.enum(['administrators', 'contributors']).default('administrators'),
});
export type ConnectionDefinition = z.infer<typeof connectionDefinition>;

/** When exports with `schedule: "refresh"` run: every day or some weekdays, one to four times. */
export const refreshSchedule = z.strictObject({
  timeZone: z.string().min(1).max(64),
  times: z
    .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write HH:MM'))
    .min(1)
    .max(4),
  weekdays: z.array(z.int().min(0).max(6)).max(7).optional(),
});
export type RefreshSchedule = z.infer<typeof refreshSchedule>;
