import { z } from 'zod';

/** Why we refused a row ourselves. */
const invalidReason = z.enum([
  'email-missing',
  'email-malformed',
  'row-malformed',
  'no-profile',
  'too-big',
  'forgotten',
]);
export type InvalidReason = z.infer<typeof invalidReason>;

/** Why an optional field was left out of a contact that still arrives. */
const leftOutReason = z.enum([
  'phone-malformed',
  'date-malformed',
  'gender-unknown',
  'text-too-long',
  'number-malformed',
  'boolean-malformed',
  'odd-type',
  'phone-in-use',
  'consent-unknown',
  'consent-time-missing',
  'consent-time-malformed',
  'consent-time-implausible',
]);
export type LeftOutReason = z.infer<typeof leftOutReason>;
