import { expect } from 'vitest';
import { problemStatuses } from '../../functions/openapi.ts';
import { type Offered, specOf } from '../../functions/operations.ts';
import { problemView } from '../../functions/views.ts';
import type { Answer } from './call.ts';

/** An answer is one that the OpenAPI document declares: its status, its type, its members. */
export const expectDeclared = (name: Offered, { status = 200, headers, json, text }: Answer): void => {
  const spec = specOf(name);
  const view = spec.answers[status];
  if (view !== undefined) {
    if (view === null) expect(text).toBe('');
    else if (json !== undefined) view.parse(json);
    else expect(headers.get('content-type')).toContain(spec.otherType);
    return;
  }
  expect(problemStatuses(name, spec), `${name} answered ${status}: ${text}`).toContain(status);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(problemView.parse(json).status).toBe(status);
};
