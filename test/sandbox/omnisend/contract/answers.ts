import type { ContractDocument, Operation, Schema } from './document.ts';
import { checkValue, departing, type Findings, faulty, joined, nothing, parseJson } from './findings.ts';

export type Answered = {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
};

const named = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/**
 * What Omnisend's gateway answers for every operation, though few declare it, and a fault of its servers:
 * https://api-docs.omnisend.com/reference/rate-limit-timeouts-errors.md
 */
const gatewayStatuses = [401, 403, 408, 410, 413, 415, 500, 503];

function undeclaredSchema(operation: Operation | undefined, status: number): Schema | undefined {
  // Of the header that names the version.
  if (status === 400) return named('ValidationProblem');
  if (status === 429) return named('RateLimitProblem');
  if (gatewayStatuses.includes(status)) return named('Problem');
  if (status === 404 && operation === undefined) return named('Problem');
  // An identifier that somebody else has: declared for PATCH, not for POST.
  return status === 409 && operation?.name === 'POST /contacts' ? named('Problem') : undefined;
}

/** Statuses of a proxy in front of Omnisend: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ */
const proxyStatuses = new Set([502, 520, 521, 522, 523, 524]);

const problemNames = ['Problem', 'ValidationProblem', 'RateLimitProblem'];

/** An item's `response` has no declared type: an answer of `POST /contacts`, nothing, or the errors of version 3. */
function checkItem({ schemas }: ContractDocument, list: 'errors' | 'responses', item: unknown): Findings {
  const { response } = Object(item);
  if (response === undefined) return nothing;
  if (list === 'responses') return checkValue(response, named('ContactResponse'), schemas);
  if (typeof Object(response).error === 'string') {
    const legacy = Object.keys(Object(response)).every((name) => name === 'error' || name === 'fields');
    return legacy ? departing('an item error as in version 3') : faulty(`${list}: neither error nor fields`);
  }
  const found = problemNames.map((name) => checkValue(response, named(name), schemas));
  return found.find(({ faults }) => faults.length === 0) ?? found[0] ?? nothing;
}

function checkItems(document: ContractDocument, body: unknown): Findings {
  return joined(
    (['errors', 'responses'] as const).flatMap((list) => {
      const items: unknown = Object(body)[list];
      return Array.isArray(items) ? items.map((item: unknown) => checkItem(document, list, item)) : [];
    }),
  );
}

/** Holds an answer to the document; `operation` undefined: of a path that does not exist. */
export function checkAnswer(
  document: ContractDocument,
  operation: Operation | undefined,
  { status, contentType = '', body }: Answered,
): Findings {
  if (contentType.startsWith('text/html')) {
    return proxyStatuses.has(status) ? departing('HTML of a proxy') : faulty(`${status}: HTML`);
  }
  const declared = operation?.answers.get(status);
  if (declared === null) return body === '' ? nothing : faulty(`${status}: a body that is not declared`);
  const schema = declared ?? undeclaredSchema(operation, status);
  if (schema === undefined) return faulty(`${status}: not declared`);
  if (body === '') return status < 400 ? departing('success without a body') : faulty(`${status}: no body`);
  const parsed = parseJson(body);
  if (parsed === undefined) return faulty(`${status}: not JSON`);
  const found = [checkValue(parsed.json, schema, document.schemas)];
  if (!/^application\/json\b/.test(contentType)) found.push(faulty(`${status}: not as application/json`));
  if (declared === undefined)
    found.push(departing(`${status}, not declared by ${operation?.name ?? 'any operation'}`));
  if (status >= 400 && Object(parsed.json).status !== status) {
    found.push(faulty(`${status}: a problem of another status`));
  }
  if (operation?.name.endsWith('/items') === true && status === 200) {
    found.push(checkItems(document, parsed.json));
  }
  return joined(found);
}
