import { z } from 'zod';

/** What became of one row that was read. */
export const outcomes = [
  'accepted',
  'unchanged',
  'duplicate',
  'invalid',
  'refused',
  'failed',
  'unsent',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Why we refused a row ourselves. */
export const invalidReason = z.enum([
  'email-missing',
  'email-malformed',
  'row-malformed',
  'no-profile',
  'too-big',
  'forgotten',
]);
export type InvalidReason = z.infer<typeof invalidReason>;

/** Why an optional field was left out of a contact that still arrives. */
export const leftOutReason = z.enum([
  'phone-malformed',
  'date-malformed',
  'gender-unknown',
  'text-too-long',
  'number-malformed',
  'boolean-malformed',
  'odd-type',
  'phone-in-use',
]);
export type LeftOutReason = z.infer<typeof leftOutReason>;
