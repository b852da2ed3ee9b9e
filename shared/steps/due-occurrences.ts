import type { RefreshSchedule } from '../domain/definition.ts';
import type { Revision, SavedExport, SavedRefresh, Touch } from '../domain/saved.ts';
import { occurrencesBetween, type Schedule } from '../domain/schedule.ts';
import type { Ports } from '../ports/ports.ts';
import type { RowAddress } from '../ports/rows.ts';
import { at } from './addresses.ts';

export interface Occurrence {
  readonly at: number;
  /** Of the schedule as it is now; else of one that was changed before anybody looked. */
  readonly isCurrent: boolean;
}

interface Span {
  /** Looked at up to here already. */
  readonly from: number;
  readonly to: number;
  readonly atMost: number;
}

/**
 * Occurrences after `from` up to `to`, the first `atMost` of them. A schedule counts from the moment at which it was
 * saved, so saving one starts nothing of the past; until then the one before it counted.
 */
export async function findOccurrences(
  ports: Ports,
  saved: SavedExport,
  refresh: SavedRefresh | null,
  { from, to, atMost }: Span,
): Promise<readonly Occurrence[]> {
  const own = await formerOf(ports, saved, from, (revision) =>
    at.exportRevision(saved.definition.id, revision),
  );
  const common = refresh === null ? [] : await formerOf(ports, refresh, from, at.refreshRevision);
  const now: InForce = {
    schedule: saved.isDetached ? 'off' : saved.definition.schedule,
    refresh: refresh?.definition ?? null,
  };
  const changes = [saved.updated.at, refresh?.updated.at ?? 0, ...[...own, ...common].map((one) => one.at)];
  const moments = [...new Set(changes)]
    .filter((moment) => moment > from && moment < to)
    .sort((a, b) => a - b);
  const found: Occurrence[] = [];
  for (const [index, start] of [from, ...moments].entries()) {
    const inForce: InForce = {
      schedule: saved.updated.at <= start ? now.schedule : scheduleAt(own, start),
      refresh: refresh === null || refresh.updated.at <= start ? now.refresh : refreshAt(common, start),
    };
    const window = { from: start, to: moments[index] ?? to, atMost: atMost - found.length };
    const isCurrent = nameOf(inForce) === nameOf(now);
    for (const moment of occurrencesBetween(inForce.schedule, inForce.refresh, window)) {
      found.push({ at: moment, isCurrent });
    }
  }
  return found;
}

interface InForce {
  readonly schedule: Schedule;
  readonly refresh: RefreshSchedule | null;
}

/** Two that fire alike. */
const nameOf = ({ schedule, refresh }: InForce): string =>
  JSON.stringify(schedule === 'refresh' ? { refresh } : { schedule });

/** Revisions before the present one, the oldest first, back to the one that was in force at `from`. */
async function formerOf(
  { store }: Ports,
  { revision, updated }: { readonly revision: number; readonly updated: Touch },
  from: number,
  addressOf: (revision: number) => RowAddress,
): Promise<readonly Revision[]> {
  const former: Revision[] = [];
  for (let number = revision - 1; number > 0 && (former[0]?.at ?? updated.at) > from; number -= 1) {
    const row = await store.revisions.get(addressOf(number));
    if (row === undefined) break;
    former.unshift(row.value);
  }
  return former;
}

const latestAt = (former: readonly Revision[], moment: number): Revision | undefined =>
  former.findLast((one) => one.at <= moment);

const scheduleAt = (former: readonly Revision[], moment: number): Schedule => {
  const latest = latestAt(former, moment);
  const isOff = latest === undefined || latest.what === 'detached' || latest.what === 'removed';
  return !isOff && 'schedule' in latest.definition ? latest.definition.schedule : 'off';
};

const refreshAt = (former: readonly Revision[], moment: number): RefreshSchedule | null => {
  const latest = latestAt(former, moment);
  if (latest === undefined || latest.what === 'removed') return null;
  return 'times' in latest.definition ? latest.definition : null;
};
