import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { problem } from './problem.ts';

type Json =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'wrong'; readonly answer: HttpResponseInit };

const maxBytes = 256 * 1024;

/** A document as JSON; what is wrong within it is for others to tell. */
export async function readJson(http: HttpRequest): Promise<Json> {
  const text = await http.text();
  if (Buffer.byteLength(text) > maxBytes) {
    return { kind: 'wrong', answer: problem(413, 'The body is too large', 'Send at most 256 KB.') };
  }
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    return { kind: 'wrong', answer: problem(400, 'The body is wrong', 'Send a JSON document.') };
  }
}
