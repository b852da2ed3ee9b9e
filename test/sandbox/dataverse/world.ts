import { createPopulation, type Population } from '../generator/population.ts';
import type { Control } from './control.ts';
import type { Table } from './tables.ts';

/** Which day each table shows. The days differ only while a torn refresh goes on. */
export type World = {
  /** What a page of this table is read from. */
  populationFor(table: Table): Population;
  /** The day that counts for the truth. */
  current(): Population;
  setDay(day: number): void;
  tear(torn: NonNullable<Control['tornRefresh']> | null): void;
  pageServed(): void;
};

export function createWorld(seed: number, rows: number, firstDay: number): World {
  const days = new Map<number, Population>();
  const on = (day: number): Population => {
    const known = days.get(day);
    if (known !== undefined) return known;
    const population = createPopulation({ seed, rows, day });
    // Made now, so that no page has to wait for it; the two latest days are enough.
    population.order();
    days.set(day, population);
    for (const other of [...days.keys()].slice(0, -2)) days.delete(other);
    return population;
  };

  let day = firstDay;
  let torn: Control['tornRefresh'] = null;
  let pages = 0;
  on(day);

  return {
    current: () => on(day),
    populationFor(table) {
      if (!torn) return on(day);
      const after =
        table.logicalName === 'msdynci_customerprofile'
          ? torn.profilesAfterPages
          : torn.membershipsAfterPages;
      return on(pages >= after ? day + 1 : day);
    },
    setDay(next) {
      day = next;
      torn = null;
      on(day);
    },
    tear(next) {
      torn = next;
      pages = 0;
      if (next) on(day + 1);
    },
    pageServed() {
      pages++;
      if (torn && pages >= torn.profilesAfterPages) {
        day++;
        torn = null;
      }
    },
  };
}
