/** RFC 9457 problem documents as Omnisend writes them: https://api-docs.omnisend.com/v2026-03-15/reference/responses */

export type FieldFault = {
  readonly field: string;
  readonly code: string;
  readonly message: string;
};

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly retryAfter?: number;
  readonly errors?: readonly FieldFault[];
};

// Only validation-failed, unauthorized, not-found and rate-limit-exceeded are published; the others are guesses.
const kinds: Readonly<Record<number, readonly [slug: string, title: string]>> = {
  400: ['validation-failed', 'Validation failed'],
  401: ['unauthorized', 'Unauthorized'],
  402: ['payment-required', 'Payment required'],
  403: ['forbidden', 'Forbidden'],
  404: ['not-found', 'Not found'],
  408: ['request-timeout', 'Request timeout'],
  409: ['conflict', 'Conflict'],
  410: ['gone', 'Gone'],
  413: ['payload-too-large', 'Payload too large'],
  415: ['unsupported-media-type', 'Unsupported media type'],
  429: ['rate-limit-exceeded', 'Rate limit exceeded'],
  500: ['internal-server-error', 'Internal server error'],
  503: ['service-unavailable', 'Service unavailable'],
};

export function problem(
  status: number,
  extra: Partial<Pick<Problem, 'detail' | 'retryAfter' | 'errors'>> = {},
): Problem {
  const [slug, title] = kinds[status] ?? ['problem', 'Problem'];
  return { type: `https://problems.omnisend.com/${slug}`, title, status, ...extra };
}

export function validationProblem(errors: readonly FieldFault[]): Problem {
  return problem(400, { detail: 'One or more fields are invalid.', errors });
}

export const required = (field: string, message = `${field} is required`): FieldFault => ({
  field,
  code: 'required',
  message,
});

export const invalid = (field: string, message: string): FieldFault => ({
  field,
  code: 'invalid_format',
  message,
});

/** `identifiers.0.id` as `identifiers[0].id`: how Omnisend writes array members is not published. */
export function withBrackets(found: Problem): Problem {
  if (found.errors === undefined) return found;
  const errors = found.errors.map((fault) => ({ ...fault, field: fault.field.replace(/\.(\d+)/g, '[$1]') }));
  return { ...found, errors };
}
