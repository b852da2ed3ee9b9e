import { parseArgs } from 'node:util';
import { z } from 'zod';
import { play } from './play.ts';
import { protections, without } from './protections.ts';

const usage = `npm run simulate -- [--seeds 100] [--seed 1] [--without ${protections.join('|')}]

Plays that many seeds from --seed on; each is a world in which things go wrong, and then must hold the laws.
Prints a line of JSON for each seed that fails, with the command that replays it, and one for all in the end.`;

const argument = z.strictObject({
  seeds: z.coerce.number().int().min(1).default(1),
  seed: z.coerce.number().int().min(0).default(1),
  without: z.enum(protections).optional(),
});

const parsed = argument.safeParse(
  parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      without: { type: 'string' },
    },
  }).values,
);
if (!parsed.success) {
  console.error(usage);
  process.exit(2);
}

const { seed: first, seeds, without: protection } = parsed.data;
const flags = protection ? ` --without ${protection}` : '';
const beganAt = performance.now();
const failed: number[] = [];
for (let seed = first; seed < first + seeds; seed += 1) {
  const played = await play(seed, { ...(protection && { variation: without[protection] }) });
  if (played.findings.length === 0 && seeds > 1) continue;
  if (played.findings.length > 0) failed.push(seed);
  console.log(JSON.stringify({ replay: `npm run simulate -- --seed ${seed}${flags}`, ...played }));
}
const seconds = Math.round((performance.now() - beganAt) / 100) / 10;
console.log(JSON.stringify({ seeds, from: first, failed, seconds }));
process.exitCode = failed.length === 0 ? 0 : 1;
