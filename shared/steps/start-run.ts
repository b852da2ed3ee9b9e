import { type BrandId, exportOf } from '../domain/ids.ts';
import { markerFaults } from '../domain/markers.ts';
import { sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import { scheduleFaults } from '../domain/schedule.ts';
import type { Slice, SliceSpec } from '../domain/slice.ts';
import type { SourceMark } from '../domain/source-mark.ts';
import { toRunState } from '../domain/states.ts';
import { firstTurn, idleTurn, nextTurn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import type { SourceAnswer } from '../ports/source.ts';
import { at, keyOf } from './addresses.ts';
import { admitReaders } from './admit-readers.ts';
import { changeRow } from './change-row.ts';
import { claimMarkers } from './claim-markers.ts';
import { describeFaults, failRun, pauseExport, type Reason } from './end-run.ts';
import { type BrandSearch, findBrand } from './find-brand.ts';
import { type Held, inTurn } from './in-turn.ts';
import { hashSecretName, loadExport, questionOf } from './load.ts';
import { runMessage } from './outgoing.ts';

const retryPauseMs = 15_000;

/** Checks the key and the source, cuts the run into slices and lets the first of them be read. */
export async function startRun(ports: Ports, message: MessageOf<'start-run'>): Promise<readonly Outgoing[]> {
  return inTurn(ports, ports.store.runs, at.run(message.run), 'start-run', message, async (held) => {
    const brand = await findRunsBrand(ports, held.value);
    if (brand.kind === 'later') return again(ports, held, brand.at);
    if (brand.kind === 'unreachable') return again(ports, held, ports.clock.now() + retryPauseMs);
    if (brand.kind === 'stop') return stop(ports, held.value, brand.reason, brand.remedy);

    const other = await otherBrand(ports, held.value, brand.brand);
    if (other !== null) return stop(ports, held.value, other.reason, other.remedy);
    if (await retriesElsewhere(ports, held.value, brand.brand.id)) {
      return failRun(ports, held.value.id, elsewhere);
    }

    const faults = [
      ...markerFaults(held.value.definition),
      ...scheduleFaults(held.value.definition.schedule),
      ...(await claimMarkers(ports, held.value.definition, brand.brand.id)),
    ];
    if (faults.length > 0) {
      return failRun(ports, held.value.id, { code: 'definition-wrong', message: describeFaults(faults) });
    }

    const saved = await loadExport(ports, exportOf(held.value.id));
    const hashSecret = await ports.secrets.create(hashSecretName(saved), ports.newSecret());
    if (hashSecret.kind === 'unavailable') return again(ports, held, ports.clock.now() + retryPauseMs);
    if (hashSecret.kind !== 'ok') {
      const reason = {
        code: 'vault-forbidden',
        message: 'The hash secret of the export cannot be written to Key Vault.',
      };
      return stop(ports, held.value, reason, 'Give the app the role Key Vault Secrets Officer on its vault.');
    }

    const slices = await divide(ports, held);
    if (slices.kind !== 'ok') ports.log.warn('source-faulted', { run: held.value.id, kind: slices.kind });
    switch (slices.kind) {
      case 'throttled':
        return again(ports, held, ports.clock.now() + slices.retryAfterSeconds * 1000);
      case 'transient':
      case 'link-dead':
        return again(ports, held, ports.clock.now() + retryPauseMs);
      case 'configuration':
        return failRun(ports, held.value.id, {
          code: 'source-misconfigured',
          message: describeFaults(slices.faults),
        });
      case 'ok':
        return read(ports, held, { ...brand.brand, keyPrefix: brand.keyPrefix }, slices.value);
    }
  });
}

interface Division {
  readonly slices: readonly SliceSpec[];
  /** Taken before anything is read: what changes after it is seen in the mark that is taken when all is read. */
  readonly mark: SourceMark;
}

/** The division that a try before this one decided on, else the source's. */
async function divide(ports: Ports, held: Held<Run>): Promise<SourceAnswer<Division>> {
  const { division, marks } = held.value;
  const question = questionOf(held.value);
  const slices =
    division === null ? await ports.source.divide(question) : ({ kind: 'ok', value: division } as const);
  if (slices.kind !== 'ok') return slices;
  if (marks !== null) return { kind: 'ok', value: { slices: slices.value, mark: marks.before } };
  // Stored before the next question: where that fails, this one need not be asked again.
  if (division === null) await held.update((run) => ({ ...run, division: [...slices.value] }));
  const mark = await ports.source.mark(question);
  return mark.kind === 'ok' ? { kind: 'ok', value: { slices: slices.value, mark: mark.value } } : mark;
}

async function read(
  ports: Ports,
  held: Held<Run>,
  brand: NonNullable<Run['brand']>,
  { slices: specs, mark }: Division,
): Promise<readonly Outgoing[]> {
  const { id } = held.value;
  const now = ports.clock.now();
  const slices = specs.map(
    (spec, number): Slice => ({
      runId: id,
      number,
      ...spec,
      state: 'waiting',
      turn: firstTurn('read-slice', now),
      attempt: 1,
      cursor: null,
      members: null,
      spool: [],
      invalid: [],
      leftOut: [],
      tally: sumReads([]),
      progressAt: now,
    }),
  );
  await held.update((run) => ({ ...run, division: [...specs], marks: { before: mark, after: null } }));
  await noteGoodStart(ports, held.value, brand.id);
  await ports.store.slices.insertAll(
    id,
    slices.map((slice) => ({ key: keyOf.slice(slice.number), value: slice })),
  );
  await held.end(idleTurn(held.turn, now), (run) => ({
    ...run,
    state: toRunState(run.state, 'reading'),
    brand,
    slices: slices.length,
    startedAt: now,
    progressAt: now,
  }));
  ports.log.info('run-started', { run: id, brand: brand.id, slices: slices.length });
  return admitReaders(ports, { joining: { runId: id, next: 0, slices: slices.length } });
}

/** A key that Omnisend refuses may have been rotated while it was cached: it is read once more, past the cache. */
async function findRunsBrand(ports: Ports, { secretName }: Run): Promise<BrandSearch> {
  const found = await findBrand(ports, secretName, { fresh: false });
  const isRefused = found.kind === 'stop' && found.reason.code === 'key-refused';
  return isRefused ? findBrand(ports, secretName, { fresh: true }) : found;
}

async function stop(ports: Ports, run: Run, reason: Reason, remedy: string): Promise<readonly Outgoing[]> {
  await pauseExport(ports, run, reason.message, remedy);
  return failRun(ports, run.id, { ...reason, message: `${reason.message} ${remedy}` });
}

async function again(ports: Ports, held: Held<Run>, notBefore: number): Promise<readonly Outgoing[]> {
  const turn = nextTurn(held.turn, 'start-run', ports.clock.now(), notBefore);
  await held.end(turn);
  return [runMessage(held.value.id, turn, ports.clock.now())];
}

/** The reason to stop where the key opens another brand than the export's earlier runs went to. */
async function otherBrand(
  ports: Ports,
  run: Run,
  brand: { readonly id: BrandId; readonly name: string },
): Promise<{ readonly reason: Reason; readonly remedy: string } | null> {
  const before = (await ports.store.states.get(at.state(exportOf(run.id))))?.value.brand ?? null;
  if (before === null || before === brand.id || run.confirmBrand === brand.id) return null;
  return {
    reason: {
      code: 'brand-changed',
      message: `The key opens the brand ${brand.name} (${brand.id}), but the export went to ${before} before.`,
    },
    remedy: `Store the key of the former brand, or run the export with {"confirmBrand": "${brand.id}"}.`,
  };
}

const elsewhere = {
  code: 'brand-changed',
  message:
    'The run to be retried went to another brand, where its rows must not go now. Run the export instead.',
};

async function retriesElsewhere(ports: Ports, { retryOf }: Run, brand: BrandId): Promise<boolean> {
  const earlier = retryOf === null ? undefined : await ports.store.runs.get(at.run(retryOf));
  return earlier !== undefined && earlier.value.brand?.id !== brand;
}

/** A run that starts well proves that what paused its export is mended; from now on it belongs to this brand. */
async function noteGoodStart(ports: Ports, run: Run, brand: BrandId): Promise<void> {
  await changeRow(ports.store.states, at.state(exportOf(run.id)), (stored) =>
    stored === undefined || (stored.paused === null && stored.brand === brand)
      ? undefined
      : { ...stored, paused: null, brand },
  );
}
