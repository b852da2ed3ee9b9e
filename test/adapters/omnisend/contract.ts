import { expect, it } from 'vitest';
import { contractDocument, ifSkipped } from '../../sandbox/omnisend/contract/recorder.ts';
import { checkContact, checkRequest } from '../../sandbox/omnisend/contract/requests.ts';
import type { StubRequest } from '../stub-server.ts';

/** What is against Omnisend's OpenAPI document in these requests; nothing where the document is not at hand. */
export function againstContract(requests: readonly StubRequest[]): readonly string[] {
  const document = contractDocument;
  if (document === undefined) return [];
  return requests.flatMap((request) => {
    const url = request.url.replace(/^\/api\//, '/');
    const { faults } = checkRequest(document, { ...request, url });
    return faults.map((fault) => `${request.method} ${url.split('?')[0]}: ${fault}`);
  });
}

/** The same of one contact, as an item of a batch. */
export const contactAgainstContract = (request: unknown): readonly string[] =>
  contractDocument === undefined ? [] : checkContact(contractDocument, request).faults;

/** A last test in a file, of everything that its stub was asked. */
export function itHoldsToTheContract(requests: () => readonly StubRequest[]): void {
  it.skipIf(contractDocument === undefined)(
    `asks for nothing that Omnisend does not declare${ifSkipped}`,
    () => {
      expect(requests().length).toBeGreaterThan(0);
      expect(againstContract(requests())).toEqual([]);
    },
  );
}
