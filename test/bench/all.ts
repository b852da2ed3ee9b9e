import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * `npm run bench`: every figure in turn, each by the command that is printed before it, so that one can be taken again
 * by itself. All are taken, whatever the others come to; ends with 1 where one missed its bar.
 */
const benches = [
  'test/bench/start-up.ts',
  'test/sandbox/demo.ts --rows 100000 --requests-per-minute 40000',
  'test/bench/reading.ts --source dataverse',
  'test/bench/reading.ts --source dataverse --page-delay-ms 1000',
  'test/bench/reading.ts --source data-out',
  'test/bench/reading.ts --source data-out --gzip',
  'test/bench/planning.ts',
  'test/bench/next-day.ts --contacts 100000',
  'test/bench/sending.ts',
  'test/bench/sending.ts --scene shared',
] as const;

const missed: string[] = [];
for (const bench of benches) {
  console.log(`\nnode ${bench}`);
  const child = spawn(process.execPath, bench.split(' '), { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) missed.push(bench);
}
console.log(
  missed.length === 0
    ? `\nAll ${benches.length} benches held their bars.`
    : `\n${missed.length} of ${benches.length} benches missed a bar: ${missed.join('; ')}`,
);
if (missed.length > 0) process.exitCode = 1;
