import { type BrandId, brandId, exportOf } from '../domain/ids.ts';
import { markerFaults } from '../domain/markers.ts';
import { sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import { scheduleFaults } from '../domain/schedule.ts';
import type { Slice, SliceSpec } from '../domain/slice.ts';
import { toRunState } from '../domain/states.ts';
import { firstTurn, idleTurn, nextTurn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Brand } from '../ports/destination.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import type { SourceAnswer } from '../ports/source.ts';
import { at, keyOf } from './addresses.ts';
import { admitReaders } from './admit-readers.ts';
import { ask } from './ask.ts';
import { changeRow } from './change-row.ts';
import { claimMarkers } from './claim-markers.ts';
import { describeFaults, failRun, pauseExport, type Reason } from './end-run.ts';
import { type Held, inTurn } from './in-turn.ts';
import { hashSecretName, questionOf } from './load.ts';
import { runMessage } from './outgoing.ts';

const retryPauseMs = 15_000;

/** Checks the key and the source, cuts the run into slices and lets the first of them be read. */
export async function startRun(ports: Ports, message: MessageOf<'start-run'>): Promise<readonly Outgoing[]> {
  return inTurn(ports, ports.store.runs, at.run(message.run), 'start-run', message, async (held) => {
    const brand = await findBrand(ports, held.value);
    if (brand.kind === 'later') return again(ports, held, brand.at);
    if (brand.kind === 'stop') return stop(ports, held.value, brand.reason, brand.remedy);

    const other = await otherBrand(ports, held.value, brand.brand);
    if (other !== null) return stop(ports, held.value, other.reason, other.remedy);

    const faults = [
      ...markerFaults(held.value.definition),
      ...scheduleFaults(held.value.definition.schedule),
      ...(await claimMarkers(ports, held.value.definition, brand.brand.id)),
    ];
    if (faults.length > 0) {
      return failRun(ports, held.value.id, { code: 'definition-wrong', message: describeFaults(faults) });
    }

    const hashSecret = await ports.secrets.create(hashSecretName(exportOf(held.value.id)), ports.newSecret());
    if (hashSecret.kind === 'unavailable') return again(ports, held, ports.clock.now() + retryPauseMs);
    if (hashSecret.kind !== 'ok') {
      const reason = {
        code: 'vault-forbidden',
        message: 'The hash secret of the export cannot be written to Key Vault.',
      };
      return stop(ports, held.value, reason, 'Give the app the role Key Vault Secrets Officer on its vault.');
    }

    const slices = await divide(ports, held.value);
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
        return read(ports, held, brand.brand, slices.value);
    }
  });
}

/** The division that a try before this one decided on, else the source's. */
const divide = async (ports: Ports, run: Run): Promise<SourceAnswer<readonly SliceSpec[]>> =>
  run.division === null ? ports.source.divide(questionOf(run)) : { kind: 'ok', value: run.division };

async function read(
  ports: Ports,
  held: Held<Run>,
  brand: { readonly id: BrandId; readonly name: string },
  specs: readonly SliceSpec[],
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
  await held.update((run) => ({ ...run, division: [...specs] }));
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

type FoundBrand =
  | { readonly kind: 'ok'; readonly brand: { readonly id: BrandId; readonly name: string } }
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'stop'; readonly reason: Reason; readonly remedy: string };

/** The brand that the connection's key opens. A key that Omnisend refuses is read once more, past the cache. */
async function findBrand(ports: Ports, run: Run): Promise<FoundBrand> {
  for (const fresh of [false, true]) {
    const key = await ports.secrets.get(run.secretName, { fresh });
    if (key.kind === 'unavailable') return { kind: 'later', at: ports.clock.now() + retryPauseMs };
    if (key.kind !== 'ok') return noSecret(run.secretName, key.kind);
    // Omnisend's keys begin with the brand's id: enough to find the brand's slots before the first request.
    const fromKey = brandId.safeParse(key.value.split('-')[0]);
    if (!fromKey.success) return refusedKey(run.secretName);
    const answer = await ask<Brand>(ports, fromKey.data, () => ports.destination.brand(key.value));
    switch (answer.kind) {
      case 'ok': {
        const id = brandId.safeParse(answer.value.id);
        return { kind: 'ok', brand: { id: id.success ? id.data : fromKey.data, name: answer.value.name } };
      }
      // The key is real but may not read brands; what it must be able to do shows with the first batch.
      case 'forbidden':
        return { kind: 'ok', brand: { id: fromKey.data, name: fromKey.data } };
      case 'unauthorised':
        continue;
      case 'retired':
        return {
          kind: 'stop',
          reason: {
            code: 'version-retired',
            message: 'Omnisend has retired the API version that this app speaks.',
          },
          remedy: 'Upgrade the app.',
        };
      case 'later':
        return answer;
      case 'throttled':
        return { kind: 'later', at: ports.clock.now() + (answer.retryAfterSeconds ?? 5) * 1000 };
      case 'ambiguous':
      case 'refused':
      case 'absent':
      case 'conflict':
      case 'too-large':
        return { kind: 'later', at: ports.clock.now() + retryPauseMs };
    }
  }
  return refusedKey(run.secretName);
}

const refusedKey = (secretName: string): FoundBrand => ({
  kind: 'stop',
  reason: { code: 'key-refused', message: `Omnisend does not know the key in the secret ${secretName}.` },
  remedy:
    'Create an API key in Omnisend (Store settings, API keys) and store it in the vault under that name.',
});

const noSecret = (secretName: string, kind: 'absent' | 'forbidden'): FoundBrand => ({
  kind: 'stop',
  reason:
    kind === 'absent'
      ? { code: 'key-missing', message: `Key Vault has no secret ${secretName}.` }
      : { code: 'vault-forbidden', message: `The app may not read the secret ${secretName} in Key Vault.` },
  remedy:
    kind === 'absent'
      ? 'Store the Omnisend key under that name, or correct the connection.'
      : 'Give the app the role Key Vault Secrets User on its vault.',
});

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

/** A run that starts well proves that what paused its export is mended; from now on it belongs to this brand. */
async function noteGoodStart(ports: Ports, run: Run, brand: BrandId): Promise<void> {
  await changeRow(ports.store.states, at.state(exportOf(run.id)), (stored) =>
    stored === undefined || (stored.paused === null && stored.brand === brand)
      ? undefined
      : { ...stored, paused: null, brand },
  );
}
