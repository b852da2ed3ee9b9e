import { forbiddenPauseMs } from '../domain/after-post.ts';
import type { DestinationAnswer } from '../domain/answers.ts';
import { backOffSeconds } from '../domain/back-off.ts';
import { type BrandId, exportOf } from '../domain/ids.ts';
import { joinLines } from '../domain/keyed-blob.ts';
import type { Tagging } from '../domain/plan.ts';
import { expandRows } from '../domain/rows-of.ts';
import type { Run } from '../domain/run.ts';
import { rowWithFaults } from '../domain/settle-batch.ts';
import { isLate } from '../domain/slots.ts';
import { afterTagAnswer, dueCalls, type TagCall, toIntent } from '../domain/tag-call.ts';
import { countedBy } from '../domain/tag-calls-of.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { awaitSlot, noteTagAnswer, reserveTagSlot } from './ask.ts';
import { changeRow } from './change-row.ts';
import type { Held } from './in-turn.ts';
import { loadTagCalls, loadTaggings } from './load.ts';
import { loadKey } from './load-key.ts';
import { stopIfRefused, stopSending } from './stop-sending.ts';

/** Enough to use the whole budget at an answer time of ten seconds. */
const maxInTheAir = 12;

export interface Tagged {
  readonly made: number;
  /** Calls without a final answer, and shards whose calls are not stored yet. */
  readonly left: number;
}

export const tagsDone: Tagged = { made: 0, left: 0 };

/** Makes the run's due tag calls in slots of their own until `endAt`, side by side with the posts of the lanes. */
export async function requestTags(ports: Ports, held: Held<Run>, endAt: number): Promise<Tagged> {
  const { id, plan, brand, forbidden } = held.value;
  if (plan === null || brand === null || plan.taggings === 0) return tagsDone;
  const requester = new TagRequester(ports, held.value, brand.id);
  const isOver = (): boolean =>
    requester.isStopped || failures.length > 0 || ports.stopping.aborted || ports.clock.now() >= endAt;
  const inTheAir = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let made = 0;
  const calls = await loadTagCalls(ports, held.value);
  const isBlocked = forbidden.postAt !== null && ports.clock.now() - forbidden.postAt < forbiddenPauseMs;
  for (const call of isBlocked ? [] : dueCalls(calls, ports.clock.now())) {
    const moment = await reservedMoment(ports, brand.id, isOver, endAt);
    if (moment === null) break;
    const one = requester
      .make(call, moment)
      .catch((error) => void failures.push(error))
      .finally(() => inTheAir.delete(one));
    inTheAir.add(one);
    made += 1;
    if (inTheAir.size >= maxInTheAir) await Promise.race(inTheAir);
  }
  await Promise.all(inTheAir);
  if (failures.length > 0) throw failures[0];
  const after = made === 0 ? calls : await loadTagCalls(ports, held.value);
  const open = after.filter(({ state }) => state === 'planned' || state === 'intent').length;
  ports.log.info('tags-requested', { run: id, made, open });
  return { made: requester.isStopped ? 0 : made, left: open + plan.shards - held.value.tagged.length };
}

/** A slot for a tag call; `null`: not before `endAt`. */
async function reservedMoment(
  ports: Ports,
  brand: BrandId,
  isOver: () => boolean,
  endAt: number,
): Promise<number | null> {
  while (!isOver()) {
    const reservation = await reserveTagSlot(ports, brand);
    if (reservation.kind === 'reserved') return reservation.moment;
    await ports.clock.sleepUntil(Math.min(reservation.at, endAt), ports.stopping);
  }
  return null;
}

class TagRequester {
  readonly #ports: Ports;
  readonly #run: Run;
  readonly #brand: BrandId;
  readonly #lists = new Map<number, Promise<readonly Tagging[]>>();
  #notedUntil = 0;
  /** Omnisend refuses, the key is not to be had, or the run is no longer its export's current one. */
  isStopped = false;

  constructor(ports: Ports, run: Run, brand: BrandId) {
    this.#ports = ports;
    this.#run = run;
    this.#brand = brand;
  }

  async make(call: TagCall, moment: number): Promise<void> {
    const ports = this.#ports;
    const key = await loadKey(ports, this.#run);
    const taggings = await this.#taggings(call.shard);
    if (key.kind !== 'ok') {
      this.isStopped = true;
      const stop = key.kind === 'stop' ? key : null;
      if (stop) await stopSending(ports, this.#run, stop.reason.code, stop.reason.message, stop.remedy);
      return;
    }
    await this.#noteTagging(moment);
    if (!(await awaitSlot(ports, this.#brand, moment))) return;
    if (!(await this.#mayGoOn())) {
      this.isStopped = true;
      return;
    }
    // Before the request: a call that gets no answer may have been taken all the same.
    const row = await changeRow(ports.store.tagCalls, at.tagCall(call.runId, call.key), (stored) =>
      stored !== undefined && dueCalls([stored], ports.clock.now()).length > 0
        ? toIntent(stored, ports.clock.now())
        : undefined,
    );
    if (row?.value.state !== 'intent') return;
    // A process that stood still meanwhile sends nothing: the call is due again after a while.
    if (isLate(moment, ports.clock.now())) return;
    // A call takes the rows of forgotten people along, but not their addresses.
    const emails = expandRows(call.rows).flatMap((index) => taggings[index]?.email || []);
    const { direction, tag } = call;
    const answer: DestinationAnswer<null> =
      emails.length === 0
        ? { kind: 'ok', value: null }
        : await ports.destination.changeTags(key.value, { direction, tag, emails });
    if (emails.length > 0) await noteTagAnswer(ports, this.#brand, answer);
    await this.#record(row.value, answer, taggings);
    if (answer.kind === 'unauthorised' || answer.kind === 'forbidden' || answer.kind === 'retired') {
      this.isStopped = true;
    }
    await stopIfRefused(ports, this.#run, key.value, [answer]);
  }

  /** The fence, as for posts; and a run that is stopped or cancelled meanwhile asks for nothing more. */
  async #mayGoOn(): Promise<boolean> {
    const { states, runs } = this.#ports.store;
    const [state, run] = await Promise.all([
      states.get(at.state(exportOf(this.#run.id))),
      runs.get(at.run(this.#run.id)),
    ]);
    const isStopping = run === undefined || run.value.stop !== null || run.value.state === 'cancelling';
    return state?.value.active?.runId === this.#run.id && !isStopping;
  }

  #taggings(shard: number): Promise<readonly Tagging[]> {
    const known = this.#lists.get(shard);
    if (known !== undefined) return known;
    // Calls come in the order of their shards: one list at a time is enough.
    this.#lists.clear();
    const list = loadTaggings(this.#ports, this.#run, shard);
    this.#lists.set(shard, list);
    return list;
  }

  /** Tags are applied some time later: the next run waits with the opposite of what this one asked for. */
  async #noteTagging(moment: number): Promise<void> {
    if (moment < this.#notedUntil) return;
    const until = moment + notedAheadMs;
    await changeRow(this.#ports.store.states, at.state(exportOf(this.#run.id)), (stored) =>
      stored === undefined ? undefined : { ...stored, taggedAt: until },
    );
    this.#notedUntil = until;
  }

  async #record(call: TagCall, answer: DestinationAnswer<null>, taggings: readonly Tagging[]): Promise<void> {
    const { clock, store, blobs } = this.#ports;
    const now = clock.now();
    const random = clock.random();
    const after = afterTagAnswer(call, answer, {
      now,
      againAt: Math.ceil(now + backOffSeconds(call.attempt + 1, random) * 1000),
      countedOf: (rows) => countedBy(call.tag, rows, taggings),
    });
    const [own, ...halves] = after;
    if (own.state === 'refused' || own.state === 'failed') {
      const faults = answer.kind === 'refused' ? answer.faults : [noAnswer];
      const rows = expandRows(call.rows).flatMap((index) => {
        const tagging = taggings[index];
        return tagging === undefined
          ? []
          : [
              {
                ...rowWithFaults(tagging, own.state === 'refused' ? 'refused' : 'failed', faults),
                field: `tag ${call.tag}`,
              },
            ];
      });
      await blobs.put(paths.refusedTags(call.runId, call.key), joinLines(rows));
    }
    await store.tagCalls.insertAll(
      call.runId,
      halves.map((half) => ({ key: half.key, value: half })),
    );
    await changeRow(store.tagCalls, at.tagCall(call.runId, call.key), (stored) =>
      stored?.state === 'intent' && stored.attempt === call.attempt ? own : undefined,
    );
  }
}

const notedAheadMs = 60_000;
const noAnswer = { field: '', code: 'no-answer', message: 'Omnisend gave no answer for this tag.' };
