import { z } from 'zod';
import type { MemoryWatch } from './memory.ts';

export type AdminResponse = { readonly status: number; readonly body?: unknown };

type AdminOptions = {
  readonly state: () => { readonly state: 'Running' | 'Error'; readonly errors: readonly string[] };
  readonly functionNames: readonly string[];
  readonly memory: MemoryWatch;
  readonly runTimer: (name: string) => boolean;
  readonly runQueue: (name: string, text: string) => boolean;
};

const functionCall = z.object({ input: z.string().default('') });

/**
 * The part of the host's own API that the sandbox needs, behind the master key. `/admin/host/memory` is the sandbox's:
 * GET reports, POST starts a new peak.
 */
export function createAdmin(
  options: AdminOptions,
): (method: string, path: string, body: string) => Promise<AdminResponse> {
  return async (method, path, body) => {
    const call = `${method} ${path.toLowerCase()}`;
    if (call === 'GET /admin/host/status')
      return { status: 200, body: { id: 'sandbox', ...options.state() } };
    if (call === 'GET /admin/functions')
      return { status: 200, body: options.functionNames.map((name) => ({ name })) };
    if (call === 'GET /admin/host/memory') return { status: 200, body: options.memory.report() };
    if (call === 'POST /admin/host/memory') {
      options.memory.reset();
      return { status: 200, body: options.memory.report() };
    }
    const wanted = /^POST \/admin\/functions\/([^/]+)$/.exec(call)?.[1];
    const name = options.functionNames.find((known) => known.toLowerCase() === wanted);
    if (name === undefined) return { status: 404 };
    if (options.runTimer(name)) return { status: 202 };
    const input = parseInput(body);
    if (input === undefined) return { status: 400 };
    return options.runQueue(name, input)
      ? { status: 202 }
      : { status: 501, body: 'HTTP functions have routes.' };
  };
}

function parseInput(body: string): string | undefined {
  try {
    return functionCall.safeParse(body === '' ? {} : JSON.parse(body)).data?.input;
  } catch {
    return undefined;
  }
}
