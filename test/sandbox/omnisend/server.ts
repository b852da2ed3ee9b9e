import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startOmnisend } from './omnisend.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'requests-per-minute': { type: 'string', default: '400' },
    'tag-requests-per-minute': { type: 'string', default: '60' },
    'batch-seconds': { type: 'string', default: '1-3' },
    seed: { type: 'string', default: '1' },
    speed: { type: 'string', default: '1' },
  },
});

const range = z
  .string()
  .regex(/^\d+(\.\d+)?(-\d+(\.\d+)?)?$/, 'Must be seconds, such as 2 or 1-3')
  .transform((text): [number, number] => {
    const [least = 0, most = least] = text.split('-').map(Number);
    return [least, most];
  });

const settings = z
  .object({
    port: z.coerce.number().int().min(0).max(65_535),
    'requests-per-minute': z.coerce.number().int().min(1),
    'tag-requests-per-minute': z.coerce.number().int().min(1),
    'batch-seconds': range,
    seed: z.coerce.number().int(),
    speed: z.coerce.number().min(1),
  })
  .safeParse(values);

if (!settings.success) {
  process.stderr.write(`${z.prettifyError(settings.error)}\n`);
  process.exit(2);
}

process.once('SIGTERM', () => process.exit(0));
process.once('SIGINT', () => process.exit(0));

const { data } = settings;
const { url } = await startOmnisend({
  port: data.port,
  requestsPerMinute: data['requests-per-minute'],
  tagRequestsPerMinute: data['tag-requests-per-minute'],
  batchSeconds: data['batch-seconds'],
  seed: data.seed,
  speed: data.speed,
});
process.stdout.write(`${JSON.stringify({ listening: url })}\n`);
