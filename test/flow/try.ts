import { isDeepStrictEqual } from 'node:util';
import { conserves } from '../../shared/domain/run-tally.ts';
import { everything, kills } from './faults.ts';
import { expectedContacts, peopleOf } from './people.ts';
import { apiKey, brandA, flowWorld } from './world.ts';

const people = peopleOf(1500);
const truth = expectedContacts([people.truth]);
const plan = process.argv[2] === 'all' ? everything : kills;
const from = Number(process.argv[3] ?? 1),
  to = Number(process.argv[4] ?? 60),
  gap = Number(process.argv[5] ?? 30);
for (let seed = from; seed <= to; seed++) {
  const t = performance.now();
  const world = await flowWorld({
    population: people.population,
    seed,
    source: { prefixes: process.argv[6] ? [''] : [...'0123456789abcdef'] },
    faults: plan({ seed, faults: 10, gap }),
  });
  try {
    const run = await world.run();
    const eff = world.destination.posts.filter((p) => p.id).map((p) => p.origin);
    const dup = eff.filter((o, i) => eff.indexOf(o) !== i);
    const perKey = new Map<string, number>();
    for (const p of world.destination.posts.filter((p) => p.id))
      for (const c of p.changes) perKey.set(c.contact.email, (perKey.get(c.contact.email) ?? 0) + 1);
    const same = isDeepStrictEqual(
      new Map([...world.destination.contacts(brandA)].sort()),
      new Map([...truth].sort()),
    );
    const odd =
      run.state !== 'succeeded' ||
      !same ||
      dup.length ||
      world.chains.doubled.length ||
      !conserves(run.tally!) ||
      Math.max(...perKey.values()) > 1;
    console.log(
      odd ? 'ODD' : 'ok',
      seed,
      Math.round(performance.now() - t),
      'ms',
      world.calls(),
      'calls',
      'lost',
      world.lost(),
      (world.clock.now() - run.requestedAt) / 1000,
      's',
      run.state,
      run.reason,
      'same',
      same,
      'dup',
      dup.length,
      'perKey',
      Math.max(...perKey.values()),
      world.chains.doubled,
      world.destination.mostInAnyMinute(brandA),
      odd ? run.tally : '',
    );
  } catch (e) {
    console.log('ODD', seed, e, world.errors.map(String));
  }
}
