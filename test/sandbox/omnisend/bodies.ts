import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { invalid, type Problem, problem, validationProblem } from './problems.ts';
import type { Switches } from './switches.ts';

const largestBodyBytes = 1_000_000;
// Beyond this the rest is not even taken in.
const largestIntakeBytes = 16_000_000;

type Body =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** Everything that was sent, unless it is out of all proportion. */
export async function collect(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    size += part.length;
    if (size > largestIntakeBytes) return undefined;
    parts.push(part);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** Reads a request's body whole, unpacked, within Omnisend's limit of 1 MB. */
export async function readBody(request: IncomingMessage, switches: Switches): Promise<Body> {
  const tooLarge = { kind: 'refused', problem: problem(413) } as const;
  const sent = await collect(request);
  if (sent === undefined) return tooLarge;
  const bytes = unpack(sent, request.headers['content-encoding'], switches);
  if (!Buffer.isBuffer(bytes)) return { kind: 'refused', problem: bytes };
  if (bytes.length > largestBodyBytes && switches.overLargeBody === '413') return tooLarge;
  return { kind: 'read', bytes };
}

function unpack(sent: Buffer, encoding: string | undefined, switches: Switches): Buffer | Problem {
  if (encoding === undefined || encoding === 'identity') return sent;
  if (encoding !== 'gzip' || switches.gzipBodies === '415') return problem(415);
  try {
    return gunzipSync(sent, { maxOutputLength: largestIntakeBytes });
  } catch {
    return validationProblem([invalid('body', 'Must be valid gzip')]);
  }
}
