import type { ContractDocument } from './document.ts';
import { contractDocument } from './recorder.ts';
import type { Asked } from './requests.ts';

// Stands in where the document is not at hand, when every test that looks into it is skipped.
export const document: ContractDocument = contractDocument ?? { version: '', operations: [], schemas: {} };

export const headers = {
  authorization: 'Omnisend-API-Key 5f00000000000000000000a1-exampleKey',
  'omnisend-version': '2026-03-15',
  'content-type': 'application/json',
};
export const ask = (method: string, url: string, body?: unknown): Asked => ({
  method,
  url,
  headers,
  body: body === undefined ? '' : JSON.stringify(body),
});
