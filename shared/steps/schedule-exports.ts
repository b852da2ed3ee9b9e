import type { Caller } from '../domain/access.ts';
import type { ConfigurationFault } from '../domain/answers.ts';
import type { ExportId } from '../domain/ids.ts';
import { type Schedule, scheduleFaults } from '../domain/schedule.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { mayChange } from './export-access.ts';
import { occurrencesOf } from './list-exports.ts';
import { endPause, reviseExport } from './revise-export.ts';

export interface Rescheduled {
  readonly export: ExportId;
  readonly result: 'scheduled' | 'unchanged' | 'unknown-export' | 'forbidden';
  readonly revision: number | null;
  readonly nextOccurrence: string | null;
}

export type Rescheduling =
  | { readonly kind: 'done'; readonly exports: readonly Rescheduled[] }
  | { readonly kind: 'wrong'; readonly faults: readonly ConfigurationFault[] };

/** One schedule for several exports, or for all that the caller may change. All else of them stays as it is. */
export async function scheduleExports(
  ports: Ports,
  wanted: readonly ExportId[] | 'all',
  schedule: Schedule,
  caller: Caller,
): Promise<Rescheduling> {
  const faults = scheduleFaults(schedule);
  if (faults.length > 0) return { kind: 'wrong', faults };
  const ids =
    wanted === 'all'
      ? (await ports.store.exports.list('exports')).map(({ value }) => value.definition.id)
      : [...new Set(wanted)];
  const exports: Rescheduled[] = [];
  for (const id of ids) exports.push(await scheduleOne(ports, id, schedule, caller));
  const isOwn = ({ result }: Rescheduled): boolean => result !== 'forbidden' && result !== 'unknown-export';
  return { kind: 'done', exports: wanted === 'all' ? exports.filter(isOwn) : exports };
}

async function scheduleOne(
  ports: Ports,
  id: ExportId,
  schedule: Schedule,
  caller: Caller,
): Promise<Rescheduled> {
  // Only this part is written, so whatever somebody else changes meanwhile is read again and kept.
  for (;;) {
    const row = await ports.store.exports.get(at.export(id));
    const without = { export: id, revision: null, nextOccurrence: null } as const;
    if (row === undefined || row.value.removing) return { ...without, result: 'unknown-export' };
    const { definition } = row.value;
    if (!(await mayChange(ports, caller, definition.connection))) return { ...without, result: 'forbidden' };
    const isSame = JSON.stringify(definition.schedule) === JSON.stringify(schedule);
    const change = { definition: { ...definition, schedule } };
    const written = isSame ? row : await reviseExport(ports, row, change, 'edited', caller);
    if (written === undefined) continue;
    if (!isSame) await endPause(ports, id);
    const refresh = (await ports.store.schedule.get(at.refresh))?.value.definition ?? null;
    return {
      export: id,
      result: isSame ? 'unchanged' : 'scheduled',
      revision: written.value.revision,
      nextOccurrence: occurrencesOf(ports, written.value, refresh, 1)[0] ?? null,
    };
  }
}
