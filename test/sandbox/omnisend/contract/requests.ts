import type { ContractDocument, Operation } from './document.ts';
import { checkValue, type Findings, faulty, joined, nothing, parseJson } from './findings.ts';
import { conflicts } from './prose.ts';

export type Asked = {
  readonly method: string;
  /** Path and query, after Omnisend's base URL. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Unpacked; undefined where it could not be read, and so is not looked at. */
  readonly body: string | undefined;
};

/** The operation that a method and a URL name. */
export function operationOf({ operations }: ContractDocument, method: string, url: string) {
  const path = url.split('?')[0] ?? '';
  return operations.find((one) => one.method === method && one.path.test(path));
}

function checkQuery({ schemas }: ContractDocument, operation: Operation, url: string): Findings {
  const query = new URL(url, 'http://localhost').searchParams;
  const declared = operation.parameters.filter((one) => one.in === 'query');
  const faults = declared
    .filter(({ name, required }) => required === true && !query.has(name))
    .map(({ name }) => `?${name}: is missing`);
  for (const name of new Set(query.keys())) {
    const parameter = declared.find((one) => one.name === name);
    if (parameter === undefined) faults.push(`?${name}: not declared`);
    if (query.getAll(name).length > 1) faults.push(`?${name}: given more than once`);
    if (parameter === undefined) continue;
    const text = query.get(name) ?? '';
    const path = { parent: undefined, name: `?${name}` };
    const place = { path, owner: operation.name, property: name };
    const isNumber = parameter.schema.type === 'integer' && /^-?\d+$/.test(text);
    // A format is asked of the text, whatever the type.
    const asText = { ...parameter.schema, type: 'string' as const };
    const found = [checkValue(text, asText, schemas, place)];
    if (parameter.schema.type === 'integer') {
      found.push(checkValue(isNumber ? Number(text) : text, parameter.schema, schemas, place));
    }
    faults.push(...joined(found).faults);
  }
  for (const [one, other] of conflicts[operation.name] ?? []) {
    if (query.has(one) && query.has(other)) faults.push(`?${one}: not together with ${other}`);
  }
  return faulty(...faults);
}

function checkHeaders({ version }: ContractDocument, operation: Operation, { headers }: Asked): Findings {
  const faults = operation.parameters
    .filter((one) => one.in === 'header' && headers[one.name.toLowerCase()] !== version)
    .map(({ name }) => `${name}: not ${version}`);
  // The document only gives an example of it: https://api-docs.omnisend.com/reference/authentication.md
  const key = headers.authorization;
  if (typeof key !== 'string' || !/^Omnisend-API-Key \S+$/.test(key)) faults.push('Authorization: no key');
  return faulty(...faults);
}

/** Of one contact, alone or as an item of a batch. */
export function checkContact({ schemas }: ContractDocument, request: unknown, index?: number): Findings {
  const declared = '#/components/schemas/ContactRequest';
  const items = { parent: undefined, name: 'items' };
  return checkValue(request, { $ref: declared }, schemas, {
    path: index === undefined ? undefined : { parent: items, name: index },
  });
}

function checkBody(document: ContractDocument, operation: Operation, { body, headers }: Asked): Findings {
  if (body === undefined) return nothing;
  if (operation.body === undefined) return body === '' ? nothing : faulty('body: not declared');
  const parsed = parseJson(body);
  if (parsed === undefined) return faulty('body: not JSON');
  const found = [checkValue(parsed.json, operation.body, document.schemas)];
  if (!/^application\/json\b/.test(String(headers['content-type']))) {
    found.push(faulty('Content-Type: not application/json'));
  }
  // The document leaves the items open, as they depend on the endpoint.
  const { endpoint, items } = Object(parsed.json);
  if (operation.name === 'POST /batches' && endpoint === 'contacts' && Array.isArray(items)) {
    found.push(...items.map((one: unknown, index) => checkContact(document, one, index)));
  }
  return joined(found);
}

/** Holds a request to the document. */
export function checkRequest(document: ContractDocument, asked: Asked): Findings {
  const operation = operationOf(document, asked.method, asked.url);
  if (operation === undefined) return faulty('no such operation');
  return joined([
    checkQuery(document, operation, asked.url),
    checkHeaders(document, operation, asked),
    checkBody(document, operation, asked),
  ]);
}
