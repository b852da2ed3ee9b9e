import { type DataverseOptions, dataverseSource } from '../../../shared/adapters/dataverse/dataverse.ts';
import type { Source } from '../../../shared/ports/source.ts';
import { hastyClock } from '../../memory/clock.ts';
import type { Stub, StubAnswer, StubRequest } from '../stub-server.ts';

const noon = Date.UTC(2026, 10, 21, 12, 0, 0);

/** Which resource a request is for. */
export type Resource = 'attributes' | 'metadata' | 'memberships' | 'profiles';

const resourceOf = (path: string): Resource => {
  if (path.includes('EntityDefinitions')) return 'attributes';
  if (path.includes('mscipriv_')) return 'metadata';
  return path.includes('memberships') ? 'memberships' : 'profiles';
};

export interface Asked {
  readonly resource: Resource;
  readonly filter: string;
  readonly select: string;
  readonly request: StubRequest;
}

export const askedOf = (request: StubRequest): Asked => {
  const url = new URL(request.url, 'http://example.com');
  return {
    resource: resourceOf(url.pathname),
    filter: url.searchParams.get('$filter') ?? '',
    select: url.searchParams.get('$select') ?? '',
    request,
  };
};

export const rows = (value: readonly unknown[], next?: string): StubAnswer => ({
  status: 200,
  body: { value, ...(next !== undefined && { '@odata.nextLink': next }) },
});

export const refusal = (status: number, message = 'no'): StubAnswer => ({
  status,
  body: { error: { code: '0x0', message } },
});

export const attributes = rows(
  ['msdynci_email', 'msdynci_city', 'msdynci_modifiedon'].map((LogicalName) => ({ LogicalName })),
);

/** Answers by resource; what is not given is in order and empty. */
export const serve = (stub: Stub, answers: Partial<Record<Resource, (asked: Asked) => StubAnswer>>): void => {
  stub.answer = (request) => {
    const asked = askedOf(request);
    const given = answers[asked.resource];
    if (given !== undefined) return given(asked);
    return asked.resource === 'attributes' ? attributes : rows([]);
  };
};

export const sourceOn = (stub: Stub, options: Partial<DataverseOptions> = {}): Source =>
  dataverseSource({
    url: stub.url,
    tokens: { get: async () => ({ kind: 'ok', token: 'token' }) },
    clock: hastyClock({ start: noon }),
    ...options,
  });

export const member = (id: string, ...segments: readonly string[]) => ({
  msdynci_customerid: id,
  msdynci_segments: JSON.stringify({ Segments: segments }),
});
