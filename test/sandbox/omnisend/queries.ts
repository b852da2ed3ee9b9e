import { type FieldFault, invalid } from './problems.ts';

/** Reads query parameters one by one and gathers what is wrong with them. */
export function readQuery(query: URLSearchParams, known: readonly string[]) {
  const faults: FieldFault[] = [];
  for (const name of new Set(query.keys())) {
    if (!known.includes(name)) faults.push(invalid(name, 'Unknown parameter'));
  }
  return {
    faults,
    text: (name: string): string | undefined => query.get(name) ?? undefined,
    oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
      const value = query.get(name);
      if (value === null) return undefined;
      const choice = choices.find((candidate) => candidate === value);
      if (choice === undefined) faults.push(invalid(name, `Must be one of ${choices.join(', ')}`));
      return choice;
    },
    integer(name: string, least: number, most: number): number | undefined {
      const value = query.get(name);
      if (value === null) return undefined;
      const number = Number(value);
      if (/^\d+$/.test(value) && number >= least && number <= most) return number;
      faults.push(invalid(name, `Must be an integer from ${least} to ${most}`));
      return undefined;
    },
    matching(name: string, holds: (text: string) => boolean, message: string): string | undefined {
      const value = query.get(name);
      if (value === null) return undefined;
      if (!holds(value)) faults.push(invalid(name, message));
      return value;
    },
  };
}
