import { isBlankContact } from '../domain/forgotten.ts';
import type { BrandId, RunId } from '../domain/ids.ts';
import type { Change } from '../domain/plan.ts';
import type { Run } from '../domain/run.ts';
import { isLate } from '../domain/slots.ts';
import { isEnded } from '../domain/states.ts';
import { isHeldBy } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type Asked, ask } from './ask.ts';
import { changeRow } from './change-row.ts';
import { loadChanges, loadPages } from './load.ts';
import { Look } from './look.ts';
import { stopIfRefused } from './stop-sending.ts';

export type Merging =
  /** Properties are merged key by key, or this run writes none. */
  | { readonly kind: 'safe' }
  /** What is written replaces all custom properties of a contact: nothing may be sent. */
  | { readonly kind: 'replaces' }
  /** No contact without properties was found to try it on. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'wait' };

const maxContacts = 10;
const lookSeconds = 60;

/**
 * Whether Omnisend merges custom properties or replaces the set is not documented, so it is found out before the first
 * run that would write some to a brand: on contacts of that run which have none yet, with values that the run writes
 * anyway, or with one name that is taken back. Each of them is noted in the run first, so that the snapshot comes to know
 * it however the run ends. The verdict is kept per brand.
 */
export async function findMerging(ports: Ports, run: Run, brand: BrandId): Promise<Merging> {
  const writes =
    run.definition.marker === 'property' || Object.keys(run.definition.customProperties).length > 0;
  // A run without pages only tags.
  if (!writes || run.pages === 0) return { kind: 'safe' };
  const asking = await beginAsking(ports, run.id, brand);
  switch (asking) {
    case 'merges':
      return { kind: 'safe' };
    case 'replaces':
      return { kind: 'replaces' };
    case 'other-asks':
      return { kind: 'wait' };
    case 'asking':
      break;
  }
  await new Look(ports, run, ports.clock.now() + lookSeconds * 1000).probe();
  for (const [row, change] of await someChanges(ports, run)) {
    const noted = await noteProbe(ports, run, row);
    if (noted === 'superseded') return { kind: 'wait' };
    const verdict = await tryOn(ports, run, brand, change, async () => {
      if (noted === 'new') await forgetProbe(ports, run, row);
    });
    if (verdict === 'not-fit') continue;
    if (verdict === 'no-answer') return { kind: 'wait' };
    await noteMerging(ports, brand, verdict);
    return { kind: verdict === 'merges' ? 'safe' : 'replaces' };
  }
  return { kind: 'undecided' };
}

/** The verdict, or this run's right to find it out: one run of the brand at a time. */
async function beginAsking(
  ports: Ports,
  run: RunId,
  brand: BrandId,
): Promise<'merges' | 'replaces' | 'asking' | 'other-asks'> {
  const stored = (await ports.store.brands.get(at.brand(brand)))?.value;
  const other = stored?.asking && stored.asking !== run ? stored.asking : null;
  const otherRun = other && (await ports.store.runs.get(at.run(other)))?.value;
  const otherAsks = otherRun ? !isEnded(otherRun.state) && otherRun.state !== 'held' : false;
  let answer: 'merges' | 'replaces' | 'asking' | 'other-asks' = 'other-asks';
  await changeRow(ports.store.brands, at.brand(brand), (row) => {
    const before = row ?? { sending: [], merging: 'unknown', asking: null };
    if (before.merging !== 'unknown') {
      answer = before.merging;
      return undefined;
    }
    const isTaken = before.asking !== null && before.asking !== run && (before.asking !== other || otherAsks);
    answer = isTaken ? 'other-asks' : 'asking';
    return isTaken || before.asking === run ? undefined : { ...before, asking: run };
  });
  return answer;
}

export async function noteMerging(
  ports: Ports,
  brand: BrandId,
  merging: 'merges' | 'replaces',
): Promise<void> {
  await changeRow(ports.store.brands, at.brand(brand), (row) => ({
    sending: row?.sending ?? [],
    merging,
    asking: null,
  }));
}

/** Upserts of the run's first page that carry a property, each with its row. */
async function someChanges(ports: Ports, run: Run): Promise<readonly (readonly [number, Change])[]> {
  const [page] = await loadPages(ports, run.id);
  if (page === undefined) return [];
  const changes = await loadChanges(ports, page);
  return [...changes.entries()]
    .filter(([, change]) => change.kind === 'upsert' && !isBlankContact(change))
    .filter(([, change]) => propertiesOf(change).length > 0)
    .slice(0, maxContacts);
}

/** `superseded`: somebody ended the run or took it over, and nothing may be written for it any more. */
async function noteProbe(ports: Ports, run: Run, row: number): Promise<'new' | 'known' | 'superseded'> {
  let noted: 'new' | 'known' | 'superseded' = 'superseded';
  await changeRow(ports.store.runs, at.run(run.id), (stored) => {
    const isMine = stored !== undefined && isHeldBy(stored.turn, run.turn);
    noted = !isMine ? 'superseded' : stored.probed.includes(row) ? 'known' : 'new';
    return isMine && noted === 'new' ? { ...stored, probed: [...stored.probed, row] } : undefined;
  });
  return noted;
}

/** Nothing was written: the snapshot is not to know a contact that Omnisend may never have had. */
async function forgetProbe(ports: Ports, run: Run, row: number): Promise<void> {
  await changeRow(ports.store.runs, at.run(run.id), (stored) =>
    stored !== undefined && isHeldBy(stored.turn, run.turn)
      ? { ...stored, probed: stored.probed.filter((one) => one !== row) }
      : undefined,
  );
}

/** The fence of these writes, looked at just before each: after a stop or a take-over none of them comes late. */
async function mayWrite(ports: Ports, run: Run): Promise<boolean> {
  const from = ports.clock.now();
  const stored = await ports.store.runs.get(at.run(run.id));
  return stored !== undefined && isHeldBy(stored.value.turn, run.turn) && !isLate(from, ports.clock.now());
}

const propertiesOf = ({ contact }: Change): readonly (readonly [string, string | number | boolean])[] =>
  Object.entries(contact.properties ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  );

/** A name of our own, for contacts that get only one property; it is taken back. */
const ownName = 'export_merge_check';
/** A holder of this step that stood still may take `ownName` back between our two writes, once. */
const triesToReplace = 3;

/** Answers after which nothing is written, for certain. */
const withoutEffect: ReadonlySet<Asked<unknown>['kind']> = new Set([
  'later',
  'throttled',
  'unauthorised',
  'forbidden',
  'retired',
  'refused',
  'conflict',
  'too-large',
]);

async function tryOn(
  ports: Ports,
  run: Run,
  brand: BrandId,
  change: Change,
  onNothingWritten: () => Promise<void>,
): Promise<'merges' | 'replaces' | 'not-fit' | 'no-answer'> {
  let mayHaveWritten = false;
  const write = async (
    properties: Change['contact']['properties'],
  ): Promise<ReadonlySet<string> | 'refused' | null> => {
    const key = await ports.secrets.get(run.secretName);
    if (key.kind !== 'ok') {
      if (!mayHaveWritten) await onNothingWritten();
      return null;
    }
    const { email } = change.contact;
    const contact = properties === undefined ? { email } : { email, properties };
    const options = { sendWelcomeMessage: run.definition.sendWelcomeMessage, withoutPhone: true };
    const answer = await ask<ReadonlySet<string> | null>(
      ports,
      brand,
      async () =>
        (await mayWrite(ports, run))
          ? ports.destination.writeContact(key.value, { ...change, contact }, options)
          : { kind: 'ok', value: null },
      // A write is no probe: after an outage it waits until a listing was answered.
      'post',
    );
    mayHaveWritten ||= !withoutEffect.has(answer.kind);
    // Before a run is stopped: one that wrote nothing has nothing to commit.
    if (!mayHaveWritten) await onNothingWritten();
    switch (answer.kind) {
      case 'ok':
        return answer.value;
      case 'unauthorised':
      case 'forbidden':
      case 'retired':
        await stopIfRefused(ports, run, key.value, [answer]);
        return null;
      case 'refused':
      case 'conflict':
      case 'too-large':
        return 'refused';
      case 'later':
      case 'throttled':
      case 'ambiguous':
      case 'absent':
        return null;
    }
  };

  /** `false`: perhaps not, so the whole try is made again. */
  const takeBack = async (): Promise<boolean> => (await write({ [ownName]: null })) !== null;

  const [first, second] = propertiesOf(change);
  if (first === undefined) return 'not-fit';
  const before = await write(undefined);
  if (before === 'refused') return 'not-fit';
  if (before === null) return 'no-answer';
  // Left by a try that a crash cut off, it would look like somebody's property.
  if (before.has(ownName)) {
    if (!(await takeBack())) return 'no-answer';
  } else if (before.size > 0) return 'not-fit';

  const [probeName, probeValue] = second ?? [ownName, true];
  for (let tries = 0; tries < triesToReplace; tries += 1) {
    const probed = await write({ [probeName]: probeValue });
    const after = await write({ [first[0]]: first[1] });
    if (probed === null || after === null) return 'no-answer';
    if (probed === 'refused') return 'not-fit';
    if (after === 'refused') return probeName === ownName && !(await takeBack()) ? 'no-answer' : 'not-fit';
    if (!after.has(probeName)) continue;
    return probeName === ownName && !(await takeBack()) ? 'no-answer' : 'merges';
  }
  return 'replaces';
}
