import { type Cleaned, cleanText, foldText, leftOut, ok } from './text.ts';

/** Folded words (see `foldText`). Bare letters that mean both in different languages (`v`, `h`) are not guessed. */
const words = {
  f:
    'f fem female woman girl w weiblich frau femme feminin feminine mujer femenino femenina donna femmina femminile ' +
    'vrouw vrouwelijk kobieta moteris sieviete naine nainen kvinna kvinnlig kvinde kvindelig kvinne kvinnelig zena ' +
    'mulher feminino feminina',
  m:
    'm male man boy mannlich maennlich mann herr homme masculin masculine hombre masculino uomo maschio maschile ' +
    'mannelijk mezczyzna vyras virietis mees mies manlig mand mandlig mannlig muz homem',
} as const;

const genders: ReadonlyMap<string, 'f' | 'm'> = new Map(
  (['f', 'm'] as const).flatMap((gender) => words[gender].split(' ').map((word) => [word, gender] as const)),
);

/** Omnisend knows only `m` and `f`; everything else is `gender-unknown`. */
export const cleanGender = (value: unknown): Cleaned<'f' | 'm'> => {
  const text = cleanText(value);
  if (text.kind === 'absent') return text;
  if (text.kind === 'left-out') return text.reason === 'odd-type' ? text : leftOut('gender-unknown');
  const gender = genders.get(foldText(text.value));
  return gender === undefined ? leftOut('gender-unknown') : ok(gender);
};
