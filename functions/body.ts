import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import { problem } from './problem.ts';

type Body<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'wrong'; readonly answer: HttpResponseInit };

/** A definition with every list at its longest is far below it. */
const maxBodyBytes = 256 * 1024;

/** The JSON of a request, where no body counts as `{}`; `remedy` says what to send. */
export async function readJson(http: HttpRequest, remedy: string): Promise<Body<unknown>> {
  const bytes = await http.arrayBuffer();
  if (bytes.byteLength > maxBodyBytes) {
    const detail = `Send at most ${maxBodyBytes / 1024} KB.`;
    return { kind: 'wrong', answer: problem(413, 'The body is too large', detail) };
  }
  const text = new TextDecoder().decode(bytes);
  try {
    return { kind: 'ok', value: text.trim() === '' ? {} : JSON.parse(text) };
  } catch {
    return wrong(remedy, [{ field: 'body', message: 'It is no JSON.' }]);
  }
}

/** The same, held to a schema. Every fault is named at once. */
export async function readBody<T>(http: HttpRequest, schema: z.ZodType<T>, remedy: string): Promise<Body<T>> {
  const json = await readJson(http, remedy);
  if (json.kind === 'wrong') return json;
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return { kind: 'ok', value: parsed.data };
  const errors = parsed.error.issues.map(({ code, path, message }) => ({
    field: path.join('.') || 'body',
    // Zod's own words would repeat a name that the caller chose, and with it whatever was pasted there.
    message: code === 'unrecognized_keys' ? 'It has a member of another name than those known.' : message,
  }));
  return wrong(remedy, errors);
}

const wrong = (remedy: string, errors: readonly { readonly field: string; readonly message: string }[]) =>
  ({ kind: 'wrong', answer: problem(400, 'The body is wrong', remedy, { errors }) }) as const;
