import { draw, SALT, share } from './random.ts';

// Shares of all customers, day against day before.
export const CHANGED_SHARE = 0.01;
export const LEFT_SHARE = 0.005;
export const JOINED_SHARE = 0.005;
export const MERGED_SHARE = 0.001;

/** What has happened to one customer up to a day. Versions count from 0 and grow by one at each event. */
export type History = {
  readonly bornOn: number;
  readonly cityVersion: number;
  readonly phoneVersion: number;
  readonly nameVersion: number;
  readonly merges: number;
  readonly left: boolean;
  /** Day of the last event; `bornOn` if there was none. */
  readonly touchedOn: number;
};

export type World = { readonly seed: number; readonly rows: number };

function joinedPerDay({ rows }: World): number {
  return Math.round(rows * JOINED_SHARE);
}

/** Number of customers on a day. Nobody's profile ever goes: who leaves, leaves the segments. */
export function sizeOn(world: World, day: number): number {
  return world.rows + (day - 1) * joinedPerDay(world);
}

export function historyOf(world: World, index: number, day: number): History {
  const bornOn = index < world.rows ? 1 : 2 + Math.floor((index - world.rows) / joinedPerDay(world));
  const versions: [number, number, number] = [0, 0, 0];
  let merges = 0;
  let left = false;
  let touchedOn = bornOn;
  for (let today = bornOn + 1; today <= day; today++) {
    const roll = share(world.seed, index, SALT.day + today);
    if (roll >= CHANGED_SHARE + LEFT_SHARE + MERGED_SHARE) continue;
    touchedOn = today;
    if (roll < CHANGED_SHARE) {
      const field = draw(world.seed, index, SALT.day + 500 + today) % 3;
      if (field === 0) versions[0]++;
      else if (field === 1) versions[1]++;
      else versions[2]++;
    } else if (roll < CHANGED_SHARE + LEFT_SHARE) left = true;
    else merges++;
  }
  const [cityVersion, phoneVersion, nameVersion] = versions;
  return { bornOn, cityVersion, phoneVersion, nameVersion, merges, left, touchedOn };
}
