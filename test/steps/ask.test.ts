import { describe, expect, it } from 'vitest';
import type { DestinationAnswer } from '../../shared/domain/answers.ts';
import { newSlots, type Slots } from '../../shared/domain/slots.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { askSoon, noteTagAnswer, reserveSlots, reserveTagSlot } from '../../shared/steps/ask.ts';
import { nobody } from '../flow/people.ts';
import { brandA, flowWorld } from '../flow/world.ts';

const open = async () => {
  const { ports, clock } = await flowWorld({ population: nobody });
  const stored = async () => ({
    all: (await ports.store.slots.get(at.slots(brandA)))?.value,
    tags: (await ports.store.slots.get(at.tagSlots(brandA)))?.value,
  });
  const put = (change: Partial<Slots>) =>
    ports.store.slots.insert(at.slots(brandA), { ...newSlots(388), ...change });
  return { ports, clock, stored, put };
};

describe('who cannot wait', () => {
  const asks = (ports: Ports) => {
    let asked = 0;
    const request = async (): Promise<DestinationAnswer<string>> => {
      asked += 1;
      return { kind: 'ok', value: 'yes' };
    };
    return { answer: () => askSoon(ports, brandA, request, { withinMs: 5_000 }), times: () => asked };
  };

  it('is answered at once where no slot is soon, and none is taken', async () => {
    const { ports, clock, put, stored } = await open();
    const nextFreeAt = clock.now() + 5_001;
    await put({ nextFreeAt });
    const { answer, times } = asks(ports);
    expect(await answer()).toEqual({ kind: 'later', at: clock.now() + 1 });
    expect([times(), (await stored()).all?.nextFreeAt]).toEqual([0, nextFreeAt]);
  });

  it('waits for a slot that is', async () => {
    const { ports, clock, put } = await open();
    const start = clock.now();
    await put({ nextFreeAt: start + 4_000 });
    const { answer, times } = asks(ports);
    const answering = answer();
    await clock.advance(4_000);
    expect(await answering).toEqual({ kind: 'ok', value: 'yes' });
    expect(times()).toBe(1);
  });

  it('does not wait for an outage to end', async () => {
    const { ports, clock, put } = await open();
    await put({ breaker: 'open', breakerUntil: clock.now() + 30_000 });
    expect(await asks(ports).answer()).toEqual({ kind: 'later', at: clock.now() + 30_000 });
  });
});

describe('a tag call', () => {
  it('takes one moment from both rows, which come to be by it', async () => {
    const { ports, clock, stored } = await open();
    const now = clock.now();
    expect(await reserveTagSlot(ports, brandA)).toEqual({ kind: 'reserved', moment: now });
    const { all, tags } = await stored();
    expect(all?.nextFreeAt).toBeCloseTo(now + 60_000 / 388, 3);
    expect(tags?.nextFreeAt).toBeCloseTo(now + 60_000 / 58.2, 3);
    expect((await reserveTagSlot(ports, brandA)).kind).toBe('later');
    expect(await stored()).toEqual({ all, tags });
  });

  it('shares a moment with nobody, however many ask at once', async () => {
    const { ports } = await open();
    const [slots, ...calls] = await Promise.all([
      reserveSlots(ports, brandA, { count: 10, purpose: 'post' }),
      ...Array.from({ length: 5 }, () => reserveTagSlot(ports, brandA)),
    ]);
    const moments = calls.flatMap((call) => (call.kind === 'reserved' ? [call.moment] : []));
    expect(moments).toHaveLength(1);
    const taken = [...(slots.kind === 'reserved' ? slots.moments : []), ...moments];
    expect(new Set(taken).size).toBe(11);
  });

  it('that is throttled makes the brand wait, and slows tags alone', async () => {
    const { ports, clock, stored } = await open();
    const now = clock.now();
    await reserveTagSlot(ports, brandA);
    await noteTagAnswer(ports, brandA, { kind: 'throttled', retryAfterSeconds: 9 });
    const { all, tags } = await stored();
    expect(all).toMatchObject({ frozenUntil: now + 9_000, ratePerMinute: 388 });
    expect(tags?.frozenUntil).toBe(now + 9_000);
    expect(tags?.ratePerMinute).toBeCloseTo(58.2 * 0.85, 9);
  });

  it('without an answer counts in the breaker of the brand, and not in a second one', async () => {
    const { ports, stored } = await open();
    await reserveTagSlot(ports, brandA);
    const before = (await stored()).tags;
    for (let times = 0; times < 5; times += 1) {
      await noteTagAnswer(ports, brandA, { kind: 'ambiguous', message: '503' });
    }
    const after = await stored();
    expect(after.all?.breaker).toBe('open');
    expect(after.tags).toEqual(before);
    expect((await reserveTagSlot(ports, brandA)).kind).toBe('later');
  });

  it('that is answered ends a row of failures', async () => {
    const { ports, stored } = await open();
    await reserveTagSlot(ports, brandA);
    await noteTagAnswer(ports, brandA, { kind: 'ambiguous', message: '503' });
    await noteTagAnswer(ports, brandA, { kind: 'ok', value: null });
    expect((await stored()).all?.failures).toBe(0);
  });
});
